import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { writerProofHeader } from '../../origin/outbox/writer-proof.ts'
import { type Caller, callers, type HostedDatabase, type HostedServer, startHostedServer } from './hosted.ts'

let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('UTC')
})

afterAll(async () => {
  await server.stop()
})

beforeEach(async () => {
  await database.owner`delete from private.outbox`
})

const place = { board_id: 'b1', board_column_id: 'c1', name: 'Zoë' }
const one = { p_workspace: 'w1', p_contact: 'w1-first' }

/** Every function that writes contacts, with arguments of a write. */
const writes = [
  ['contact_create', { p_workspace: 'w1', p_contact: { ...place, id: 'made' } }],
  ['contact_update', { ...one, p_change: { board_column_id: 'c2' } }],
  ['contacts_import', { p_workspace: 'w1', p_contacts: [{ ...place, id: 'imported' }] }],
  ['contact_delete', { p_workspace: 'w1', p_contact: 'made' }],
] as const

const claimSchema = z.object({ rows: z.array(z.object({ id: z.int() })) })
const answerSchema = z.object({ outcome: z.literal('ok'), outbox: z.array(z.object({ id: z.int() })).min(1) })

async function claimable(): Promise<number[]> {
  const claimed = await database.rpc('service_role', 'outbox_claim', { p_rows_max: 100, p_lease_ms: 0 })
  return claimSchema.parse(claimed).rows.map(({ id }) => id)
}

async function proof(): Promise<string> {
  const answer = await database.rpc('service_role', 'outbox_writer_proof', {})
  return z.object({ proof: z.string().min(32) }).parse(answer).proof
}

/** The ids of the rows that all of them write as `caller`. */
async function writeAll(caller: Caller, headers: Readonly<Record<string, string>>): Promise<number[]> {
  const ids: number[] = []
  for (const [name, args] of writes) {
    const answer = await database.rpc(caller, name, args, { headers })
    ids.push(...answerSchema.parse(answer).outbox.map(({ id }) => id))
  }
  await database.owner`
    delete from public.contacts where workspace_id = 'w1' and id in ('made', 'imported')`
  return ids
}

/** PostgREST shows headers under lower-case names. */
const withProof = (value: string) => ({ [writerProofHeader.toLowerCase()]: value })

describe('rows of writes through Supabase’s interface can be claimed at once', () => {
  test.each([
    ['by a member', callers.member],
    ['by an admin', callers.admin],
    ['with the secret key', 'service_role'],
  ] as const)('%s', async (_name, caller) => {
    const ids = await writeAll(caller, {})
    expect(await claimable()).toEqual(expect.arrayContaining(ids))
  })

  test('with an invalid proof', async () => {
    const real = await proof()
    for (const value of ['', 'x', real.slice(1), `${real} `, real.toUpperCase(), '2000']) {
      const ids = await writeAll(callers.member, withProof(value))
      expect(await claimable()).toEqual(expect.arrayContaining(ids))
    }
  })

  test('with the setting that once held rows back', async () => {
    await database.asCaller(callers.member, async (sql) => {
      await sql`select set_config('boardcache.outbox_lease_ms', '10000', true)`
      await sql`update public.contacts set name = 'Held' where workspace_id = 'w1' and id = 'w1-first'`
    })
    expect(await claimable()).toHaveLength(1)
  })

  test('without PostgREST', async () => {
    await database.owner`update public.contacts set name = 'By hand' where workspace_id = 'w1'`
    expect(await claimable()).toHaveLength(1)
  })
})

describe('a row that is written with the origin’s proof', () => {
  test('is held back for two seconds, for a member and for the backend', async () => {
    for (const caller of [callers.member, 'service_role'] as const) {
      const ids = await writeAll(caller, withProof(await proof()))
      const held = await database.owner`
        select due_at - written_at between interval '1.9 seconds' and interval '2 seconds' as is_held
        from private.outbox where id = any (${ids})`
      expect(held).toHaveLength(ids.length)
      for (const row of held) expect(row).toEqual({ is_held: true })
    }
  })

  test('is due at once after the secret was changed, until the origin fetches the new one', async () => {
    const old = await proof()
    await database.owner`update private.outbox_writer_proof set proof = default`
    const ids = await writeAll(callers.member, withProof(old))
    expect(await claimable()).toEqual(expect.arrayContaining(ids))
    expect(await proof()).not.toBe(old)
  })
})

test('only the service role can read the proof', async () => {
  for (const caller of [callers.member, callers.admin, 'anon'] as const) {
    await expect(database.rpc(caller, 'outbox_writer_proof', {})).rejects.toThrow('permission denied')
    const read = database.asCaller(caller, (sql) => sql`select from private.outbox_writer_proof`)
    await expect(read).rejects.toThrow('permission denied')
  }
})
