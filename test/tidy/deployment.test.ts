import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { filledIn, withConfig } from '../support/deploy-proof.ts'
import {
  checkDeployments,
  type Deployment,
  deploymentSchema,
  stillToFillIn,
} from '../support/deployment-rules.ts'
import { runTool } from '../support/run-tool.ts'

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
    expect(checkDeployments([production, staging])).toEqual([])
  })

  test('finds a missing variable that the Worker needs', () => {
    expect(checkDeployments([production, without(staging, 'ORIGIN_URL')])).toEqual(
      expect.arrayContaining([expect.stringMatching(/^boardcache-staging: .*ORIGIN_URL/)]),
    )
  })

  test('finds a variable that one environment sets and the other does not', () => {
    expect(checkDeployments([production, without(staging, 'ALLOWED_ORIGINS')])).toContain(
      'boardcache-staging: the variable ALLOWED_ORIGINS is missing, boardcache has it',
    )
  })

  test('finds a secret among the variables', () => {
    const open = { ...staging, vars: { ...staging.vars, INTERNAL_AUTH_KEY: 'for all to read, here' } }
    expect(checkDeployments([production, open])).toContain(
      'boardcache-staging: INTERNAL_AUTH_KEY is a secret and must not be a variable',
    )
  })

  test('finds a misspelt variable', () => {
    const misspelt = { ...production, vars: { ...production.vars, STALENESS_BOUND: '1000' } }
    expect(checkDeployments([misspelt])).toEqual([
      'boardcache: the Worker does not read the variable STALENESS_BOUND',
    ])
  })

  test('finds a value that the Worker refuses', () => {
    const wrong = { ...production, vars: { ...production.vars, STALENESS_BOUND_MS: 'soon' } }
    expect(checkDeployments([wrong])).toEqual([expect.stringContaining('STALENESS_BOUND_MS')])
  })

  test('finds a binding that one environment has and the other does not', () => {
    expect(checkDeployments([production, { ...staging, kv_namespaces: [] }])).toEqual([
      'boardcache-staging: the KV namespace BOARD_CACHE is missing, boardcache has it',
    ])
  })

  test('finds a limit of the platform that differs from the variables', () => {
    const vars = { ...production.vars, RATE_LIMIT_USER_MAX: '700' }
    expect(checkDeployments([{ ...production, vars }])).toEqual([
      'boardcache: USER_RATE_LIMIT allows 600 in 60 s, and RATE_LIMIT_USER_MAX says otherwise',
    ])
  })

  test('finds a Durable Object class that no migration creates', () => {
    const migrations = [{ tag: 'v1', new_sqlite_classes: ['Ledger'] }]
    expect(checkDeployments([{ ...production, migrations }])).toEqual([
      'boardcache: no migration makes the Durable Object class LiveHub with SQLite storage',
      'boardcache: no migration makes the Durable Object class Marks with SQLite storage',
      'boardcache: no migration makes the Durable Object class MetricsStore with SQLite storage',
      'boardcache: no migration makes the Durable Object class MetricsOverview with SQLite storage',
    ])
  })

  test('finds a class that the Worker exports and no migration creates', () => {
    expect(checkDeployments([production], ['Ledger', 'Outbox'])).toEqual([
      'boardcache: no migration makes the Durable Object class Outbox with SQLite storage',
    ])
  })

  test('finds a URL without https', () => {
    const clear = { ...production, vars: { ...production.vars, ORIGIN_URL: 'http://origin.crm-of-ours.com' } }
    expect(checkDeployments([clear])).toEqual([expect.stringContaining('ORIGIN_URL must be the https URL')])
  })
})

describe('a value that is still to be filled in', () => {
  const filled: Deployment = {
    ...production,
    vars: Object.fromEntries(
      Object.entries(production.vars).map(([name, value]) => [name, value.replaceAll('example', 'ours')]),
    ),
    kv_namespaces: [{ binding: 'BOARD_CACHE', id: 'a1b2c3d4'.repeat(4) }],
  }
  const withVariable = (name: string, value: string) => ({
    ...filled,
    vars: { ...filled.vars, [name]: value },
  })

  test('is not found in a configuration that is filled in', () => {
    expect(stillToFillIn(filled)).toEqual([])
    expect(checkDeployments([filled])).toEqual([])
    expect(
      stillToFillIn(withVariable('ALLOWED_ORIGINS', 'https://crm.ours.com,http://localhost:3000')),
    ).toEqual([])
    for (const name of [
      'https://examples.ours.com',
      'https://xx.yourself.com',
      'https://latest.test.ours.com',
    ]) {
      expect(stillToFillIn(withVariable('ORIGIN_URL', name))).toEqual([])
    }
  })

  test.each([
    ['ORIGIN_URL', 'https://origin.example.com'],
    ['UPSTASH_REDIS_REST_URL', 'https://example.upstash.io'],
    ['UPSTASH_REDIS_REST_URL', 'https://example-staging.upstash.io'],
    ['SUPABASE_URL', 'https://example.supabase.co'],
    ['JWT_ISSUER', 'https://EXAMPLE.supabase.co/auth/v1'],
    ['JWKS_URL', 'https://<ref>.supabase.co/auth/v1/.well-known/jwks.json'],
    ['SUPABASE_PUBLISHABLE_KEY', 'sb_publishable_of-example'],
    ['ALLOWED_ORIGINS', 'https://crm.ours.com,https://crm.example.org'],
    ['ORIGIN_URL', 'https://origin.test'],
    ['ORIGIN_URL', 'https://origin.test:8443/api'],
    ['ORIGIN_URL', 'https://origin.TEST./'],
    ['ALLOWED_ORIGINS', 'https://crm.test, https://crm.ours.com'],
    ['SUPABASE_PUBLISHABLE_KEY', 'sb_publishable_example'],
    ['SUPABASE_URL', 'https://your-project-ref.supabase.co'],
    ['SUPABASE_URL', 'https://xxxx.supabase.co'],
    ['OPERATORS_WORKSPACE_ID', 'CHANGE_ME'],
    ['SUPABASE_PUBLISHABLE_KEY', 'sb_publishable_replace-me'],
    ['ORIGIN_URL', 'http://127.0.0.1:8788'],
    ['ORIGIN_URL', 'https://localhost:8788'],
    ['JWKS_URL', 'HTTPS://[::1]/jwks.json'],
    ['UPSTASH_REDIS_REST_URL', 'https://127.1.2.3'],
  ])('is %s = %s', (name, value) => {
    expect(stillToFillIn(withVariable(name, value))).toEqual([
      `boardcache: vars.${name} = "${value}" is still to be filled in`,
    ])
  })

  test.each(['0'.repeat(32), `${'0'.repeat(31)}1`, '', 'the id', '<id>'])(
    'is the id "%s" of a KV namespace',
    (id) => {
      const kv_namespaces = [{ binding: 'BOARD_CACHE', id }]
      expect(stillToFillIn({ ...filled, kv_namespaces })).toEqual([
        `boardcache: kv_namespaces.0.id = "${id}" is still to be filled in`,
      ])
    },
  )

  test('is found anywhere in the configuration', () => {
    const routes = [{ pattern: 'boards.example.com', custom_domain: true }]
    expect(stillToFillIn({ ...filled, routes })).toEqual([
      'boardcache: routes.0.pattern = "boards.example.com" is still to be filled in',
    ])
  })

  test('is never the path of the project', () => {
    expect(stillToFillIn({ ...filled, main: '/home/example/worker/index.ts' })).toEqual([])
  })
})

describe('npm run deploy:check', () => {
  const text = readFileSync('wrangler.toml', 'utf8')
  const incomplete = filledIn(text).replaceAll(
    /^ORIGIN_URL = .*$/gm,
    'ORIGIN_URL = "https://origin.example.com"',
  )
  const check = (...args: string[]) =>
    withConfig(incomplete, (config) =>
      runTool('node', ['test/support/deploy-check.ts', '--config', config, ...args]),
    )

  test.each([
    ['boardcache', []],
    ['boardcache-staging', ['--env', 'staging']],
    ['boardcache-staging', ['-e', 'staging']],
  ])(
    'stops a deployment of %s if a value is left to fill in (%j)',
    async (name, args) => {
      const { exitCode, stderr } = await check(...args)
      expect(exitCode).toBe(1)
      expect(stderr.trim()).toBe(
        `error: ${name}: vars.ORIGIN_URL = "https://origin.example.com" is still to be filled in`,
      )
    },
    60_000,
  )

  test.each([
    [['--env', 'nowhere'], /no environment "nowhere"/],
    [['--enviroment', 'staging'], /Unknown option/],
    [['staging'], /Unexpected argument/],
  ])(
    'stops if the arguments do not name an environment (%j)',
    async (args, said) => {
      const { exitCode, stderr } = await check(...args)
      expect(exitCode).toBe(1)
      expect(stderr).toMatch(said)
    },
    60_000,
  )
})
