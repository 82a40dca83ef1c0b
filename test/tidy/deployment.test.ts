import { describe, expect, test } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { checkDeployments, type Deployment, deploymentSchema } from '../support/deployment-rules.ts'

const production = read()
const staging = read('staging')

function read(env?: string): Deployment {
  return deploymentSchema.parse(
    unstable_readConfig({ config: 'wrangler.toml', ...(env === undefined ? {} : { env }) }),
  )
}

function without(deployment: Deployment, variable: string): Deployment {
  const { [variable]: _, ...vars } = deployment.vars
  return { ...deployment, vars }
}

describe('the deployment check', () => {
  test('finds no error in wrangler.toml, in production and staging', () => {
    expect(checkDeployments([production, staging]).errors).toEqual([])
  })

  test('finds a missing variable that the Worker cannot do without', () => {
    expect(checkDeployments([production, without(staging, 'ORIGIN_URL')]).errors).toEqual(
      expect.arrayContaining([expect.stringMatching(/^boardcache-staging: .*ORIGIN_URL/)]),
    )
  })

  test('finds a variable that one environment sets and the other does not', () => {
    expect(checkDeployments([production, without(staging, 'ALLOWED_ORIGINS')]).errors).toContain(
      'boardcache-staging: the variable ALLOWED_ORIGINS is missing, boardcache has it',
    )
  })

  test('finds a secret that lies open among the variables', () => {
    const open = { ...staging, vars: { ...staging.vars, INTERNAL_AUTH_KEY: 'for all to read, here' } }
    expect(checkDeployments([production, open]).errors).toContain(
      'boardcache-staging: INTERNAL_AUTH_KEY is a secret and must not be a variable',
    )
  })

  test('finds a misspelt variable', () => {
    const misspelt = { ...production, vars: { ...production.vars, STALENESS_BOUND: '1000' } }
    expect(checkDeployments([misspelt]).errors).toEqual([
      'boardcache: the Worker does not read the variable STALENESS_BOUND',
    ])
  })

  test('finds a value that the Worker does not take', () => {
    const wrong = { ...production, vars: { ...production.vars, STALENESS_BOUND_MS: 'soon' } }
    expect(checkDeployments([wrong]).errors).toEqual([expect.stringContaining('STALENESS_BOUND_MS')])
  })

  test('finds a binding that one environment has and the other does not', () => {
    expect(checkDeployments([production, { ...staging, kv_namespaces: [] }]).errors).toEqual([
      'boardcache-staging: the KV namespace BOARD_CACHE is missing, boardcache has it',
    ])
  })

  test('finds a limit of the platform that is not the one of the variables', () => {
    const vars = { ...production.vars, RATE_LIMIT_USER_MAX: '700' }
    expect(checkDeployments([{ ...production, vars }]).errors).toEqual([
      'boardcache: USER_RATE_LIMIT allows 600 in 60 s, and RATE_LIMIT_USER_MAX says otherwise',
    ])
  })

  test('finds a Durable Object class that no migration makes', () => {
    const migrations = [{ tag: 'v1', new_sqlite_classes: ['Ledger'] }]
    expect(checkDeployments([{ ...production, migrations }]).errors).toEqual([
      'boardcache: no migration makes the Durable Object class MetricsStore with SQLite storage',
      'boardcache: no migration makes the Durable Object class MetricsOverview with SQLite storage',
    ])
  })

  test('finds a class that the Worker exports and no migration makes', () => {
    expect(checkDeployments([production], ['Ledger', 'Outbox']).errors).toEqual([
      'boardcache: no migration makes the Durable Object class Outbox with SQLite storage',
    ])
  })

  test('warns of a host or an id that is still to be filled in, and of nothing else', () => {
    const vars = Object.fromEntries(
      Object.entries(production.vars).map(([name, value]) => [
        name,
        value.replaceAll('example', 'crm-of-ours'),
      ]),
    )
    const filled = {
      ...production,
      vars,
      kv_namespaces: [{ binding: 'BOARD_CACHE', id: 'a1b2c3d4'.repeat(4) }],
    }
    expect(checkDeployments([filled])).toEqual({ errors: [], warnings: [] })
    expect(checkDeployments([{ ...filled, kv_namespaces: production.kv_namespaces }]).warnings).toHaveLength(
      1,
    )
    expect(
      checkDeployments([{ ...filled, vars: { ...vars, ORIGIN_URL: 'https://origin.example.com' } }]).warnings,
    ).toEqual(['boardcache: ORIGIN_URL = "https://origin.example.com"'])
  })
})
