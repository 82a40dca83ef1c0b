import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Arguments,
  type Caller,
  callers,
  type HostedDatabase,
  type HostedServer,
  startHostedServer,
} from './hosted.ts'

let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('UTC')
})
afterAll(() => server?.stop())

/** The functions behind a workspace's shared resources, with their arguments for w1. */
const reads: readonly (readonly [string, Arguments])[] = [
  ['contact_counts', { p_workspace: 'w1' }],
  ['cache_settings_read', { p_workspace: 'w1' }],
  ['workspace_config', { p_workspace: 'w1' }],
  ['webhook_sources', { p_workspace: 'w1' }],
  ['permissions', { p_workspace: 'w1', p_user: 'member' }],
]

describe('what belongs to one user', () => {
  const mayReadOf = (caller: Caller, userId: string) =>
    database.asCaller(caller, async (sql) => {
      const [row] = await sql`select private.may_read_of(${userId}) as may`
      return row?.['may']
    })

  it('may be read by that user and by the backend, and by no other member, admin or stranger', async () => {
    expect(await mayReadOf(callers.member, 'member')).toBe(true)
    expect(await mayReadOf('service_role', 'member')).toBe(true)
    for (const caller of [callers.admin, callers.outsider, { sub: 'service_role' }, { sub: '' }])
      expect(await mayReadOf(caller, 'member')).toBe(false)
  })
})

describe.each(reads)('%s', (name, args) => {
  it('gives the backend the same answer as a member', async () => {
    const [backend, member] = [
      await database.rpc('service_role', name, args),
      await database.rpc(callers.member, name, args),
    ]
    const { computedAt: _when, ...said } = Object(backend)
    expect(said).toMatchObject({ outcome: 'ok' })
    expect(member).toMatchObject(said)
  })

  it('answers no other stranger, whatever they claim', async () => {
    for (const caller of [callers.outsider, { sub: 'service_role' }]) {
      expect(await database.rpc(caller, name, args)).toMatchObject({ outcome: 'forbidden' })
    }
  })
})
