import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack({ contacts: 2_000 })
})
afterAll(async () => {
  await stack?.stop()
})

/** From the write to the moment at which everybody must see it: two seconds, without any further call. */
const withinTwoSeconds = { deadlineMs: 2_000 }

const organizationSchema = z.object({
  data: z
    .object({
      organization: z.object({ workspace_id: z.string(), name: z.string(), language: z.string() }).optional(),
      _cache: z.object({ status: z.string() }).optional(),
    })
    .default({}),
})

const outboxSchema = z.object({
  status: z.string(),
  relayed: z.number(),
  failures: z.record(z.string(), z.number()),
  waiting: z.object({ depth: z.number(), oldestAgeMs: z.number(), parked: z.number() }),
})
const outboxFigures = async () => {
  const headers = { Authorization: `Bearer ${stack.internalAuthKey}` }
  const { text } = await ask(`${stack.origin}/metrics`, { headers })
  return outboxSchema.parse(JSON.parse(text).outbox)
}

describe('a row changed directly in Postgres, without any further call,', () => {
  it('is current at the edge within two seconds', async () => {
    const api = stack.api()
    const [contact] = (await api.page('board_123')).contacts
    const id = z.string().parse(contact?.id)
    await eventually(async () => (await api.page('board_123'))._cache.status === 'HIT')
    for (const name of ['First by hand', 'Second by hand', 'Third by hand']) {
      await stack.sql`update contacts set name = ${name} where workspace_id = '15213' and id = ${id}`
      await eventually(
        async () => (await api.page('board_123')).contacts.find((each) => each.id === id)?.name === name,
        withinTwoSeconds,
      )
    }
  })

  it('shows a move in both columns and the counts, and leaves a third column cached', async () => {
    const api = stack.api()
    const third = 'column_id=col_3&per_page=20'
    const [contact] = (await api.page('board_123', 'column_id=col_1')).contacts
    const id = z.string().parse(contact?.id)
    await api.page('board_123', third)
    await eventually(async () => (await api.page('board_123', third))._cache.status === 'HIT')
    const { favorites } = z.object({ favorites: z.number() }).parse(await api.counts())
    await stack.sql`update contacts set board_column_id = 'col_2', is_favorite = not is_favorite, created_at = now()
      where workspace_id = '15213' and id = ${id}`
    const stands = async (column: string) =>
      (await api.page('board_123', `column_id=${column}`)).contacts.some((each) => each.id === id)
    await eventually(async () => !(await stands('col_1')) && (await stands('col_2')), withinTwoSeconds)
    await eventually(async () => (await api.counts())['favorites'] !== favorites, withinTwoSeconds)
    expect((await api.page('board_123', third))._cache.status).toBe('HIT')
  })

  it('may be of the deployment: a number, its workspace and the absence of both are current', async () => {
    const headers = { Authorization: `Bearer ${stack.internalAuthKey}` }
    const find = async () => {
      const { status, text } = await ask(
        `${stack.worker}/api/organizations/by-phone?phone=tel:%2B49-30-123456`,
        { headers },
      )
      return { status, ...organizationSchema.parse(JSON.parse(text)).data }
    }
    const says = (name: string | undefined) => async () => (await find()).organization?.name === name
    const isHit = async () => (await find())._cache?.status === 'HIT'
    expect((await find()).status).toBe(404)
    await stack.sql`insert into phone_numbers (phone, workspace_id) values ('+4930123456', '15214')`
    await eventually(async () => (await find()).organization?.workspace_id === '15214', withinTwoSeconds)
    await eventually(isHit)
    await stack.sql`update workspaces set name = 'Renamed' where id = '15214'`
    await eventually(says('Renamed'), withinTwoSeconds)
    await stack.sql`insert into workspace_configurations (workspace_id, language) values ('15214', 'de')
      on conflict (workspace_id) do update set language = 'de'`
    await eventually(async () => (await find()).organization?.language === 'de', withinTwoSeconds)
    await stack.sql`update phone_numbers set workspace_id = '15215' where phone = '+4930123456'`
    await eventually(async () => (await find()).organization?.workspace_id === '15215', withinTwoSeconds)
    await eventually(isHit)
    await stack.sql`delete from phone_numbers where phone = '+4930123456'`
    await eventually(async () => (await find()).status === 404, withinTwoSeconds)
  })

  it('may be of any table: settings changed by hand are in force', async () => {
    const api = stack.api()
    await api.page('board_2')
    await stack.sql`insert into cache_settings (workspace_id, settings)
      values ('15213', '{"cacheConfig": {"contactsTTL": 99}}')
      on conflict (workspace_id) do update set settings = excluded.settings`
    await eventually(async () => (await api.page('board_2'))._cache.ttl === 99, { deadlineMs: 3_000 })
  })
})

describe('the outbox', () => {
  it('is empty when everything is delivered, and the figures say how much that was', async () => {
    await stack.sql`update contacts set name = 'Counted' where workspace_id = '15213' and id = 'contact_000001'`
    const figures = await eventually(async () => {
      const seen = await outboxFigures()
      return seen.waiting.depth === 0 && seen
    })
    expect(figures.status).toBe('running')
    expect(figures.relayed).toBeGreaterThan(0)
    const health = await ask(`${stack.origin}/health`)
    expect(JSON.parse(health.text)).toMatchObject({ status: 'healthy', outbox: { status: 'running' } })
  })

  it('is looked at by the relay all the time while nothing is written', async () => {
    const isLookedAt = async () => {
      const rows = await stack.sql`
        select from pg_locks
        where locktype = 'advisory' and granted
          and (classid::bigint << 32) | objid::bigint = hashtextextended('boardcache outbox wait', 0)`
      return rows.length === 1
    }
    for (let times = 0; times < 10; times += 1) await eventually(isLookedAt)
    expect((await outboxFigures()).failures).not.toHaveProperty('look_invalid')
  })

  it('keeps rows while the Worker is away, reports that, and delivers them when the Worker is back', async () => {
    const api = stack.api()
    await api.page('board_1')
    await stack.pieces.worker.kill()
    await stack.sql`update contacts set name = 'While away' where workspace_id = '15213' and board_id = 'board_1'`
    await eventually(async () => {
      const { status, waiting } = await outboxFigures()
      return status === 'failing' && waiting.depth > 0
    })
    await stack.pieces.worker.start()
    await eventually(async () => (await outboxFigures()).waiting.depth === 0, { deadlineMs: 15_000 })
    await eventually(
      async () => (await api.page('board_1')).contacts.every(({ name }) => name === 'While away'),
      withinTwoSeconds,
    )
  })
})
