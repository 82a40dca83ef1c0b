import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deploymentId } from '../../shared/ids.ts'
import { organizationByPhone } from '../../shared/resources/workspace/organization-by-phone.ts'
import { bucketMove } from '../../shared/tags/moves.ts'
import { callers, type HostedDatabase, type HostedServer, startHostedServer } from './hosted.ts'
import { outboxOf } from './moved.ts'

const phone = '+4930123456'
const other = '+15550100123'
let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('UTC')
  await database.owner.unsafe(`
    insert into public.phone_numbers (phone, workspace_id, label) values ('${phone}', 'w1', 'Front desk');
    insert into public.workspaces (id, name) values ('w3', 'Three'), ('wörk', 'Old');
    insert into public.phone_numbers (phone, workspace_id) values ('${other}', 'w3'), ('+4930999999', 'wörk')`)
})
afterAll(() => server?.stop())

const find = (dialed: string) => database.rpc('service_role', 'organization_by_phone', { p_phone: dialed })

describe('the organization of a number', () => {
  it('is its workspace, with the workspace’s configuration or the defaults', async () => {
    await database.owner`insert into public.workspace_configurations (workspace_id, language, region, time_zone)
      values ('w1', 'de', 'DE', 'Europe/Berlin')`
    const [configured, plain] = [await find(phone), await find(other)]
    expect(configured).toEqual({
      outcome: 'ok',
      organization: {
        ...{ workspace_id: 'w1', name: 'One', label: 'Front desk' },
        ...{ language: 'de', region: 'DE', time_zone: 'Europe/Berlin' },
      },
    })
    expect(plain).toMatchObject({
      organization: { workspace_id: 'w3', label: null, language: 'en', region: 'US', time_zone: 'UTC' },
    })
    for (const answer of [configured, plain])
      expect(organizationByPhone.data.safeParse(answer).success).toBe(true)
  })

  it('is absent for a number that nobody has, or whose workspace nobody could name', async () => {
    for (const dialed of ['+4930123457', '+4930999999'])
      expect(await find(dialed)).toEqual({ outcome: 'not_found' })
  })

  it.each([null, '', '4930123456', '+0930123456', `+${'1'.repeat(16)}`, '+49 30 123456'])(
    'is looked for by E.164 alone, and not by %j',
    async (dialed) => {
      const asked = database.rpc('service_role', 'organization_by_phone', { p_phone: dialed })
      await expect(asked).rejects.toMatchObject({ code: '22023' })
    },
  )

  it('is told to the backend alone', async () => {
    for (const caller of [callers.admin, 'anon'] as const) {
      const asked = database.rpc(caller, 'organization_by_phone', { p_phone: phone })
      await expect(asked).rejects.toMatchObject({ code: '42501' })
    }
  })
})

describe('a write that changes an organization moves the deployment', () => {
  const number = (dialed: string) => bucketMove('phone', dialed)
  const workspace = (id: string) => bucketMove('company', id)
  const moved = async (...statements: readonly string[]) => {
    const outbox = await outboxOf(database.owner, async (sql) => {
      for (const statement of statements) await sql.unsafe(statement)
    })
    return outbox.filter(([id]) => id === deploymentId).flatMap(([, moves]) => moves)
  }

  it.each([
    ['a new number', `insert into phone_numbers values ('+4930123457', 'w1')`, [number('+4930123457')]],
    [
      'a changed number, by its old and its new form',
      `update phone_numbers set phone = '+4930123458' where phone = '${phone}'`,
      [number(phone), number('+4930123458')],
    ],
    [
      'a number’s move to another workspace',
      `update phone_numbers set workspace_id = 'w2' where phone = '${phone}'`,
      [number(phone)],
    ],
    ['a changed label', `update phone_numbers set label = null where phone = '${phone}'`, [number(phone)]],
    ['a removed number', `delete from phone_numbers where phone = '${phone}'`, [number(phone)]],
    ['a renamed workspace', `update workspaces set name = 'Uno' where id = 'w1'`, [workspace('w1')]],
    [
      'a first configuration',
      `insert into workspace_configurations (workspace_id) values ('w3')`,
      [workspace('w3')],
    ],
    ['a changed configuration', `update workspace_configurations set language = 'fr'`, [workspace('w1')]],
    ['a configuration that is gone', `delete from workspace_configurations`, [workspace('w1')]],
    ['every number at once', `truncate phone_numbers`, ['workspace']],
    ['every configuration at once', `truncate workspace_configurations`, ['workspace']],
    ['everything', `select public.outbox_move_everything()`, ['workspace']],
  ])('%s', async (_what, statement, moves) => {
    expect((await moved(statement)).toSorted()).toEqual([...moves].toSorted())
  })

  it('also a workspace that goes with its numbers', async () => {
    const gone = `delete from public.workspaces where id = 'w3'`
    expect(new Set(await moved(gone))).toEqual(new Set([workspace('w3'), number(other)]))
  })

  it('a write of nothing moves nothing', async () => {
    expect(await moved(`delete from public.phone_numbers where phone = 'none'`)).toEqual([])
  })
})

it('no workspace can have the name of the deployment', async () => {
  const taken = database.owner`insert into public.workspaces (id, name) values (${deploymentId}, 'Mine')`
  await expect(taken).rejects.toMatchObject({ code: '23514' })
})
