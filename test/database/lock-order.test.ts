import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callers, type HostedDatabase, type HostedServer, startHostedServer } from './hosted.ts'

let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('UTC')
})

afterAll(async () => {
  await server.stop()
})

const rounds = 10
const size = 80
const contact = (id: string, column: string) => ({
  id,
  board_id: 'b1',
  board_column_id: column,
  name: `Contact ${id}`,
})
type Contact = ReturnType<typeof contact>

const importAll = (contacts: readonly Contact[]) =>
  database.rpc(callers.member, 'contacts_import', { p_workspace: 'w1', p_contacts: [...contacts] })

/** Runs all at the same time. A deadlock would be Postgres's 40P01 in one of them. */
async function allAtOnce(calls: readonly Promise<unknown>[]): Promise<void> {
  for (const settled of await Promise.allSettled(calls)) {
    if (settled.status === 'rejected') throw settled.reason
  }
}

describe('concurrent writers of the same rows never deadlock', () => {
  test('as imports of existing contacts, in opposite orders', async () => {
    const ids = Array.from({ length: size }, (_, index) => `e${index}`)
    await importAll(ids.map((id) => contact(id, 'c1')))
    for (let round = 0; round < rounds; round += 1) {
      const contacts = ids.map((id) => contact(id, round % 2 === 0 ? 'c2' : 'c1'))
      await allAtOnce([importAll(contacts), importAll(contacts.toReversed()), importAll(contacts)])
    }
  })

  test('as imports of new contacts, in opposite orders', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const contacts = Array.from({ length: size }, (_, index) => contact(`n${round}-${index}`, 'c1'))
      await allAtOnce([importAll(contacts), importAll(contacts.toReversed())])
    }
  })

  test('as imports that each have new and existing contacts', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const contacts = Array.from({ length: size }, (_, index) =>
        contact(`m${round * (size / 2) + index}`, 'c1'),
      )
      await allAtOnce([
        importAll(contacts),
        importAll(contacts.toReversed()),
        importAll(contacts.toSorted((a, b) => a.id.length - b.id.length)),
      ])
    }
  })

  test('as an import and the deletion of a column from which it moves contacts', async () => {
    const moving = Array.from({ length: size }, (_, index) => `d${index}`)
    for (let round = 0; round < rounds; round += 1) {
      const column = `gone${round}`
      await database.owner`
        insert into public.board_columns (workspace_id, board_id, id, name) values ('w1', 'b1', ${column}, 'Gone')`
      await importAll(moving.toReversed().map((id) => contact(id, column)))
      await allAtOnce([
        importAll(moving.map((id) => contact(id, 'c2'))),
        database.owner`delete from public.board_columns where workspace_id = 'w1' and id = ${column}`,
        importAll(moving.toReversed().map((id) => contact(id, 'c1'))),
      ])
    }
  })

  test('as relays that acknowledge, release and fail the same rows in opposite orders', async () => {
    const write = async (sql: postgres.TransactionSql) => {
      for (let row = 0; row < 60; row += 1)
        await sql`update public.contacts set name = 'Z' where workspace_id = 'w1' and id = 'w1-first'`
    }
    for (let round = 0; round < rounds / 2; round += 1) {
      await database.owner.begin(write)
      const rows = await database.owner<{ id: string; eventId: string }[]>`
        select id, event_id as "eventId" from private.outbox order by id`
      const keys = rows.map(({ id, eventId }) => ({ id: Number(id), eventId }))
      const call = (name: string, args: Parameters<HostedDatabase['rpc']>[2]) =>
        database.rpc('service_role', name, args)
      await allAtOnce([
        call('outbox_release', { p_ids: keys, p_delay_ms: 0 }),
        call('outbox_fail', {
          p_failures: keys.toReversed().map((key) => ({ ...key, code: 'x', delayMs: 0 })),
          p_attempts_max: 1,
        }),
        call('outbox_retry_parked', {}),
        call('outbox_acknowledge', { p_ids: keys.toReversed() }),
      ])
    }
  })

  test('as the renewal of search text, which leaves a locked contact to the next call', async () => {
    await importAll(['r1', 'r2', 'r3'].map((id) => contact(id, 'c1')))
    const stale = async () => {
      const rows = await database.owner<{ id: string }[]>`
        select id from public.contacts
        where id like 'r_' and search_text <> private.search_text(name, email, phone) collate "C" order by id`
      return rows.map(({ id }) => id)
    }
    const [kept] =
      await database.owner`select pg_get_functiondef('private.search_text'::regproc) as definition`
    await database.owner.unsafe(`
      create or replace function private.search_text(p_name text, p_email text, p_phone text) returns text
      language sql immutable return 'old'`)
    await database.owner`update public.contacts set name = name where id like 'r_'`
    await database.owner.unsafe(String(kept?.['definition']))
    await database.owner`insert into private.search_text_renewal default values on conflict do nothing`
    const renew = () => database.rpc('service_role', 'search_text_renew', { p_rows_max: 50_000 })
    await database.asCaller(callers.member, async (sql) => {
      await sql`update public.contacts set status = 'closed' where workspace_id = 'w1' and id = 'r3'`
      await sql`select from public.contacts where workspace_id = 'w1' and id = 'r2' for update`
      expect(await renew()).toMatchObject({ outcome: 'ok', is_done: false })
    })
    expect(await stale()).toEqual(['r2'])
    expect(await renew()).toMatchObject({ outcome: 'ok', renewed: 1, is_done: true })
    expect(await stale()).toEqual([])
  })
})
