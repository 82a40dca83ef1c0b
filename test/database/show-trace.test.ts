import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

const traceId = '0af7651916cd43dd8448eb211c80319c'
const traceparent = `00-${traceId}-b7ad6b7169203331-00`

/** The name of the connection after each of two functions, of which one is written in SQL and one in PL/pgSQL. */
async function shownFor(caller: Caller, headers: Readonly<Record<string, string>>): Promise<string[]> {
  return database.asCaller(
    caller,
    async (sql) => {
      const names: string[] = []
      await sql`select set_config('application_name', 'PostgREST', false)`
      for (const call of [`workspace_boards('w1')`, `contact_counts('w1')`]) {
        const [row] = await sql.unsafe(`select public.${call}, current_setting('application_name') as name`)
        names.push(String(row?.['name']))
        await sql`select set_config('application_name', 'PostgREST', true)`
      }
      return names
    },
    { headers },
  )
}

test('a call shows its trace while its transaction runs, to members and to the service role', async () => {
  const shown = `boardcache ${traceId}`
  for (const caller of [callers.member, 'service_role'] as const) {
    expect(await shownFor(caller, { traceparent })).toEqual([shown, shown])
    const [row] = await database.asCaller(
      caller,
      (sql) => sql`select current_setting('application_name') as name`,
    )
    expect(row?.['name']).toBe('PostgREST')
  }
})

test('a call without a valid trace keeps the name of its connection, whatever the header holds', async () => {
  const kept = ['PostgREST', 'PostgREST']
  expect(await shownFor(callers.member, {})).toEqual(kept)
  const close = fc
    .tuple(
      fc.nat({ max: traceparent.length - 1 }),
      fc.constantFrom('', 'g', 'A', '"', '\\', '\n', "'", '-', traceId),
    )
    .map(([at, put]) => traceparent.slice(0, at) + put + traceparent.slice(at + 1))
  const malformed = fc
    .oneof(
      close,
      fc.string({ maxLength: 200 }),
      fc.constantFrom(traceparent.replace(traceId, '0'.repeat(32))),
    )
    .map((text) => text.replaceAll('\0', ''))
    .filter(
      (text) => !/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text) || text.includes('0'.repeat(32)),
    )
  await fc.assert(
    fc.asyncProperty(malformed, async (text) => {
      expect(
        await shownFor(callers.member, { traceparent: text, 'x-note': `"traceparent":"${traceparent}"` }),
      ).toEqual(kept)
    }),
    { numRuns: 60 },
  )
})
