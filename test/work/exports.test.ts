import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createUnfitValues } from '../../origin/database/rows.ts'
import { createExportsHandler } from '../../origin/queues/handlers/exports.ts'
import { scheduledNames } from '../../origin/queues/queues.ts'
import { deploymentId, workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { callers, type HostedDatabase, type HostedServer, startHostedServer } from '../database/hosted.ts'
import { createMemoryFiles } from '../support/memory-files.ts'
import { createHandlerRuns, type HandlerRuns, type TestJob } from './handler-runs.ts'

let server: HostedServer
let database: HostedDatabase
let runs: HandlerRuns

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('America/St_Johns')
  runs = createHandlerRuns(database.ownerUrl)
  await database.owner`
    insert into public.contacts (workspace_id, id, board_id, board_column_id, name, tags)
    select 'w1', 'c' || n, case when n % 4 = 0 then 'b2' else 'b1' end, 'c1', 'Zoë ' || n, array['a', 'b']
    from generate_series(1, ${2 * limits.exportFetchRows + 10}) n`
})
afterAll(async () => {
  await runs?.stop()
  await server?.stop()
})
beforeEach(async () => {
  await database.owner`delete from private.exports`
  await database.owner`delete from private.stored_files`
  await database.owner`delete from private.notifications`
})

const w1 = workspaceIdSchema.parse('w1')
const files = createMemoryFiles()
const handlerOf = (parts: Partial<Parameters<typeof createExportsHandler>[0]> = {}) =>
  createExportsHandler({
    database: runs.database,
    files,
    unfitValues: createUnfitValues({ warn: () => undefined }),
    ...parts,
  })

let made = 0
async function jobOf(
  boardId: string | null,
  format: string,
): Promise<TestJob & { readonly exportId: string }> {
  made += 1
  const exportId = `e${made}`
  await database.owner`
    insert into private.exports (workspace_id, id, board_id, format, user_id)
    values ('w1', ${exportId}, ${boardId}, ${format}, 'admin')`
  return { queue: 'exports', id: `w1~${exportId}`, workspaceId: w1, data: { exportId }, exportId }
}

async function rowOf(exportId: string) {
  const [row] = await database.owner`select * from private.exports where id = ${exportId}`
  if (row === undefined) throw new Error('there is no such export')
  return row
}
const textOf = (name: unknown) => new TextDecoder().decode(files.files.get(`${name}`))
const linesOf = (name: unknown) => textOf(name).trimEnd().split('\n')
const names = async () =>
  (await database.owner`select id from public.contacts where workspace_id = 'w1'`).map(({ id }) => id).sort()

describe('an export', () => {
  test('has every contact of the workspace once, as the API shows it', async () => {
    const job = await jobOf(null, 'ndjson')
    expect(await runs.run(handlerOf(), job)).toMatchObject({ ok: true })
    const row = await rowOf(job.exportId)
    const contacts = linesOf(row['file']).map((line) => JSON.parse(line))
    expect(contacts.map(({ id }) => id).sort()).toEqual(await names())
    expect(contacts.find(({ id }) => id === 'c7')).toMatchObject({
      ...{ workspace_id: 'w1', name: 'Zoë 7', tags: ['a', 'b'], email: null },
      created_at: expect.stringMatching(/\+00:00$/),
    })
    expect(row).toMatchObject({ status: 'done', contacts: contacts.length, failure: null })
    expect(Number(row['size_bytes'])).toBe(files.files.get(row['file'])?.length)
  })

  test('of a board has that board alone', async () => {
    const job = await jobOf('b2', 'csv')
    await runs.run(handlerOf(), job)
    const [head, ...lines] = linesOf((await rowOf(job.exportId))['file'])
    expect(head).toMatch(/^\uFEFF?"id","workspace_id","board_id"/)
    expect(lines.length).toBe(Math.floor((2 * limits.exportFetchRows + 10) / 4))
    expect(lines.every((line) => line.includes(',"b2",'))).toBe(true)
  })

  test('is kept for a day, and its user is notified', async () => {
    const job = await jobOf('b2', 'csv')
    await runs.run(handlerOf(), job)
    const [kept] = await database.owner`
      select e.expires_at - e.finished_at between interval '23 hours' and interval '25 hours' as is_a_day,
        f.expires_at = e.expires_at as is_the_files
      from private.exports e join private.stored_files f on f.name = e.file`
    expect(kept).toEqual({ is_a_day: true, is_the_files: true })
    const told = await database.owner`select user_id, kind, subject_id from private.notifications`
    expect(told).toEqual([{ user_id: 'admin', kind: 'export.finished', subject_id: job.exportId }])
  })

  test('that runs again after its end changes nothing and leaves no second file', async () => {
    const job = await jobOf('b2', 'csv')
    await runs.run(handlerOf(), job)
    const row = await rowOf(job.exportId)
    const stored = files.files.size
    expect(await runs.run(handlerOf(), job)).toMatchObject({ ok: true })
    expect(await rowOf(job.exportId)).toEqual(row)
    expect(files.files.size).toBe(stored)
    expect(await database.owner`select from private.notifications`).toHaveLength(1)
  })

  test('whose process dies ten times in a row is made once', async () => {
    const job = await jobOf(null, 'ndjson')
    for (let death = 0; death < 10; death += 1) {
      let calls = 0
      const dying: HandlerRuns['database'] = {
        async query(text, values) {
          calls += 1
          if (calls > death) throw new Error('the process died')
          return runs.database.query(text, values)
        },
      }
      await handlerOf({ database: dying })(runs.next(job)).catch(() => undefined)
    }
    expect(await runs.run(handlerOf(), job)).toMatchObject({ ok: true })
    const row = await rowOf(job.exportId)
    expect(linesOf(row['file'])).toHaveLength((await names()).length)
    expect(await database.owner`select from private.notifications`).toHaveLength(1)
  })

  test('that is given up while it writes has no effect and leaves no file', async () => {
    const job = await jobOf(null, 'ndjson')
    const stored = files.files.size
    const late: typeof files = {
      ...files,
      async put(...call) {
        const put = await files.put(...call)
        await runs.giveUp(job)
        return put
      },
    }
    expect(await runs.run(handlerOf({ files: late }), job)).toMatchObject({ ok: false })
    expect((await rowOf(job.exportId))['status']).toBe('running')
    expect(files.files.size).toBe(stored)
    expect(await database.owner`select from private.notifications`).toEqual([])
  })

  test('that cannot be stored waits for its next attempt, and has failed after the last', async () => {
    const job = await jobOf(null, 'ndjson')
    const away: typeof files = { ...files, put: async () => ({ ok: false, error: { kind: 'unavailable' } }) }
    const failed = { ok: false, error: { kind: 'again', reason: 'the file could not be stored' } }
    expect(await runs.run(handlerOf({ files: away }), { ...job, attempt: 1 })).toEqual(failed)
    expect(await rowOf(job.exportId)).toMatchObject({ status: 'queued', finished_at: null })
    expect(await runs.run(handlerOf({ files: away }), { ...job, attempt: 2 })).toEqual(failed)
    expect(await rowOf(job.exportId)).toMatchObject({ status: 'failed', failure: failed.error.reason })
  })

  test.each([
    ['shutdown', 'again', { status: 'queued' }],
    ['time_over', 'again', { status: 'queued' }],
    ['cancelled', 'permanent', { status: 'failed', failure: 'The job was cancelled.' }],
  ])(
    'ends soon after its signal, and waits for another run unless it was cancelled (%s)',
    async (reason, kind, row) => {
      const job = await jobOf(null, 'ndjson')
      const ending = new AbortController()
      let pages = 0
      const slow: HandlerRuns['database'] = {
        async query(text, values) {
          if (text.includes('export_contacts')) pages += 1
          if (pages === 2) ending.abort(reason)
          return runs.database.query(text, values)
        },
      }
      const ended = await handlerOf({ database: slow })(runs.next({ ...job, signal: ending.signal }))
      expect(ended).toMatchObject({ ok: false, error: { kind } })
      expect(pages).toBe(2)
      expect(await rowOf(job.exportId)).toMatchObject(row)
    },
  )

  test('of a board that is gone, or of nobody, fails for good', async () => {
    const job = await jobOf('gone', 'csv')
    expect(await runs.run(handlerOf(), job)).toMatchObject({ error: { kind: 'permanent' } })
    expect((await rowOf(job.exportId))['status']).toBe('failed')
    const unknown = { ...job, id: 'w1~other', data: { exportId: 'unknown' } }
    expect(await runs.run(handlerOf(), unknown)).toMatchObject({ error: { kind: 'permanent' } })
    expect(await runs.run(handlerOf(), { ...job, data: { file: '/etc/passwd' } })).toMatchObject({
      error: { kind: 'permanent' },
    })
  })

  test('can be a job that says itself what to export', async () => {
    const job: TestJob = {
      queue: 'exports',
      id: 'w1~asked',
      workspaceId: w1,
      data: { format: 'csv', boardId: 'b2' },
    }
    const done = await runs.run(handlerOf(), job)
    expect(done).toMatchObject({ ok: true, value: { exportId: expect.stringMatching(/^job-/) } })
    expect(await database.owner`select status, board_id, user_id from private.exports`).toEqual([
      { status: 'done', board_id: 'b2', user_id: null },
    ])
  })
})

describe('what has expired', () => {
  const sweep: TestJob = {
    ...{ queue: 'exports', name: scheduledNames.removeExpired, workspaceId: deploymentId, data: {} },
    id: 'sweep',
  }

  test('is removed, first the file and then what names it', async () => {
    const job = await jobOf('b2', 'csv')
    await runs.run(handlerOf(), job)
    const { file } = await rowOf(job.exportId)
    expect(await runs.run(handlerOf(), sweep)).toMatchObject({ value: { filesRemoved: 0 } })
    await database.owner`update private.stored_files set expires_at = now()`
    await database.owner`update private.exports set expires_at = now()`
    const away: typeof files = {
      ...files,
      remove: async () => ({ ok: false, error: { kind: 'unavailable' } }),
    }
    expect(await runs.run(handlerOf({ files: away }), sweep)).toMatchObject({ error: { kind: 'again' } })
    expect(await database.owner`select from private.stored_files`).toHaveLength(1)
    expect(await runs.run(handlerOf(), sweep)).toMatchObject({ value: { filesRemoved: 1 } })
    expect(files.files.has(file)).toBe(false)
    expect(await database.owner`select from private.stored_files`).toEqual([])
    const read = await database.rpc(callers.admin, 'export_read', {
      p_workspace: 'w1',
      p_export: job.exportId,
    })
    expect(read).toMatchObject({ export: { status: 'expired', file: null } })
  })

  test('has failed after a day in which nobody went on with it, and is forgotten after thirty', async () => {
    const still = await jobOf('b2', 'csv')
    await database.owner`update private.exports set touched_at = now() - interval '25 hours'`
    await runs.run(handlerOf(), sweep)
    expect((await rowOf(still.exportId))['status']).toBe('failed')
    await database.owner`update private.exports set touched_at = now() - interval '721 hours'`
    await runs.run(handlerOf(), sweep)
    expect(await database.owner`select from private.exports`).toEqual([])
  })
})
