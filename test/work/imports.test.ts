import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createImportsHandler } from '../../origin/queues/handlers/imports.ts'
import { type Clock, systemClock } from '../../shared/clock.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { type HostedDatabase, type HostedServer, startHostedServer } from '../database/hosted.ts'
import { createMemoryFiles } from '../support/memory-files.ts'
import { createHandlerRuns, type HandlerRuns, type TestJob } from './handler-runs.ts'

let server: HostedServer
let database: HostedDatabase
let runs: HandlerRuns

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('Pacific/Chatham')
  runs = createHandlerRuns(database.ownerUrl)
})
afterAll(async () => {
  await runs?.stop()
  await server?.stop()
})
beforeEach(async () => {
  await database.owner`delete from private.imports`
  await database.owner`delete from private.stored_files`
  await database.owner`delete from private.notifications`
  await database.owner`delete from public.contacts where workspace_id = 'w1'`
})

const w1 = workspaceIdSchema.parse('w1')
const files = createMemoryFiles()
/** Nobody waits for the pauses between two tries. */
const clock: Clock = {
  now: systemClock.now,
  schedule: (callback, delayMs) => systemClock.schedule(callback, delayMs < 10_000 ? 0 : delayMs),
}
const handlerOf = (database: HandlerRuns['database'] = runs.database) =>
  createImportsHandler({ database, files, clock })

const line = (fields: object) =>
  JSON.stringify({ board_id: 'b1', board_column_id: 'c1', name: 'Ann', ...fields })
const linesOf = (count: number, fieldsOf: (index: number) => object = () => ({})) =>
  Array.from({ length: count }, (_, index) => line({ name: `Contact ${index}`, ...fieldsOf(index) }))

let made = 0
async function importOf(lines: readonly string[], userId = 'member') {
  made += 1
  const importId = `i${made}`
  const file = `imports/${importId}.ndjson`
  const bytes = new TextEncoder().encode(lines.join('\n'))
  files.files.set(file, bytes)
  await database.owner`
    insert into private.stored_files (name, expires_at) values (${file}, now() + interval '24 hours')`
  await database.owner`
    insert into private.imports (workspace_id, id, user_id, is_listed, status, file, size_bytes)
    values ('w1', ${importId}, ${userId}, true, 'queued', ${file}, ${bytes.length})`
  const job: TestJob = { queue: 'imports', id: `w1~${importId}`, workspaceId: w1, data: { importId } }
  return { job, importId, file }
}

async function rowOf(importId: string) {
  const [row] = await database.owner`select * from private.imports where id = ${importId}`
  if (row === undefined) throw new Error('there is no such import')
  return row
}
const contacts = () =>
  database.owner`select id, name from public.contacts where workspace_id = 'w1' order by id`

/** A database whose process dies before the n-th batch is written, or before its answer arrives. */
function dying(batch: number, when: 'before' | 'after'): HandlerRuns['database'] {
  let batches = 0
  let isDead = false
  return {
    async query(text, values) {
      if (isDead) throw new Error('the process died')
      if (!text.includes('import_batch')) return runs.database.query(text, values)
      batches += 1
      isDead = batches === batch
      if (isDead && when === 'before') throw new Error('the process died')
      const rows = await runs.database.query<never>(text, values)
      if (isDead) throw new Error('the process died')
      return rows
    },
  }
}

const batchLines = limits.importBatchLinesMax

describe('an import in the background', () => {
  test('writes every line, names those that it refuses, and tells its user', async () => {
    const { job, importId, file } = await importOf([
      ...linesOf(3, (index) => ({ id: `c${index}` })),
      '{"board_id": 1}',
      '',
      'no JSON',
      line({ board_column_id: 'none' }),
      line({ id: 'c1', name: 'Changed' }),
    ])
    expect(await runs.run(handlerOf(), job)).toMatchObject({ ok: true })
    expect(await rowOf(importId)).toMatchObject({
      ...{ status: 'done', lines: 8, created: 3, updated: 1, rejected: 3, failure: null },
      rejections: [
        { line: 4, code: 'invalid_contact', details: expect.any(Array) },
        { line: 6, code: 'invalid_json' },
        { line: 7, code: 'column_not_found' },
      ],
    })
    expect((await contacts()).map(({ name }) => name)).toEqual(['Contact 0', 'Changed', 'Contact 2'])
    expect(await database.owner`select user_id, kind, subject_id from private.notifications`).toEqual([
      { user_id: 'member', kind: 'import.finished', subject_id: importId },
    ])
    const [stored] =
      await database.owner`select expires_at <= now() as is_over from private.stored_files where name = ${file}`
    expect(stored).toEqual({ is_over: true })
  })

  test('names members that no database can store, and ends all the same', async () => {
    const { job, importId } = await importOf(['{"a\\u0000": 1}', '{"b\\ud800": 1}', line({ name: 'x\0' })])
    expect(await runs.run(handlerOf(), job)).toMatchObject({ ok: true })
    const { status, rejected, rejections } = await rowOf(importId)
    expect([status, rejected]).toEqual(['done', 3])
    expect(rejections).toMatchObject([
      { line: 1, details: [{ parameter: 'a\ufffd' }] },
      { line: 2, details: [{ parameter: 'b\ufffd' }] },
      { line: 3, details: [{ parameter: 'name' }] },
    ])
  })

  test('whose process dies ten times in a row writes each line once', async () => {
    const count = 3 * batchLines + 7
    const { job, importId } = await importOf([
      ...linesOf(count),
      line({ board_column_id: 'none' }),
      'no JSON',
      ...linesOf(batchLines, (index) => ({ id: `named${index}` })),
    ])
    for (let death = 0; death < 10; death += 1) {
      const when = death % 2 === 0 ? 'before' : 'after'
      await handlerOf(dying(death % 3 === 0 ? 1 : 2, when))(runs.next(job)).catch(() => undefined)
      // A change that somebody makes in between stays: no line is written again.
      await database.owner`update public.contacts set name = 'Kept' where workspace_id = 'w1' and name <> 'Kept'`
    }
    expect(await runs.run(handlerOf(), job)).toMatchObject({ ok: true })
    const row = await rowOf(importId)
    expect(row).toMatchObject({ status: 'done', created: count + batchLines, updated: 0, rejected: 2 })
    expect(row['rejections']).toEqual([
      { line: count + 1, code: 'column_not_found' },
      { line: count + 2, code: 'invalid_json' },
    ])
    expect(await contacts()).toHaveLength(count + batchLines)
  })

  test('that is given up writes nothing more', async () => {
    const { job, importId } = await importOf(linesOf(2 * batchLines))
    const late: HandlerRuns['database'] = {
      async query(text, values) {
        const rows = await runs.database.query<never>(text, values)
        if (text.includes('import_batch')) await runs.giveUp(job)
        return rows
      },
    }
    expect(await handlerOf(late)(runs.next(job))).toMatchObject({ ok: false, error: { kind: 'permanent' } })
    expect(await contacts()).toHaveLength(batchLines)
    expect(await rowOf(importId)).toMatchObject({ created: batchLines, lines: batchLines })
  })

  test('whose run another one has followed writes nothing more', async () => {
    const { job } = await importOf(linesOf(2 * batchLines))
    const overtaken = runs.next(job)
    const follower = runs.next(job)
    let hasFollowed = false
    const late: HandlerRuns['database'] = {
      async query(text, values) {
        if (text.includes('import_batch') && !hasFollowed) {
          hasFollowed = true
          expect(await handlerOf()(follower)).toMatchObject({ ok: true })
          await database.owner`update public.contacts set name = 'Kept' where workspace_id = 'w1'`
        }
        return runs.database.query(text, values)
      },
    }
    expect(await handlerOf(late)(overtaken)).toMatchObject({ ok: false })
    const names = (await contacts()).map(({ name }) => name)
    expect(names).toEqual(names.map(() => 'Kept'))
    expect(names).toHaveLength(2 * batchLines)
  })

  test('whose run another one has followed writes nothing more, though that one has not ended either', async () => {
    const { job, importId } = await importOf(linesOf(2 * batchLines))
    const overtaken = runs.next(job)
    const follower = runs.next(job)
    await handlerOf(dying(1, 'after'))(overtaken).catch(() => undefined)
    await handlerOf(dying(1, 'before'))(follower).catch(() => undefined)
    // The row is as the follower left it, and the overtaken run sends its next batch.
    await database.owner`update private.imports set status = 'running', run = ${follower.run} where id = ${importId}`
    const [late] = await runs.database.query<{ written: { outcome: string } }>(
      'select private.import_batch($1, $2, $3, $4, $5, $6) as written',
      ['w1', importId, job.id, overtaken.run, '[]', '{}'],
    )
    expect(late?.written.outcome).toBe('given_up')
    expect(await contacts()).toHaveLength(batchLines)
    expect(await runs.run(handlerOf(), job)).toMatchObject({ ok: true })
    expect(await contacts()).toHaveLength(2 * batchLines)
  })

  test('stops when its user is no longer a member', async () => {
    await database.owner`insert into public.memberships (workspace_id, user_id) values ('w1', 'leaving')`
    const { job, importId } = await importOf(linesOf(2 * batchLines), 'leaving')
    let batches = 0
    const leaving: HandlerRuns['database'] = {
      async query(text, values) {
        if (text.includes('import_batch')) batches += 1
        if (batches === 2) await database.owner`delete from public.memberships where user_id = 'leaving'`
        return runs.database.query(text, values)
      },
    }
    await handlerOf(leaving)(runs.next(job))
    expect(await contacts()).toHaveLength(batchLines)
    expect(await rowOf(importId)).toMatchObject({
      ...{ status: 'stopped', failure: 'not_a_member', created: batchLines },
      stopped_at_line: batchLines + 1,
    })
  })

  test('whose file is gone, or that nobody asked for, fails for good', async () => {
    const { job, file, importId } = await importOf(linesOf(1))
    files.files.delete(file)
    expect(await runs.run(handlerOf(), job)).toMatchObject({ error: { kind: 'permanent' } })
    expect((await rowOf(importId))['status']).toBe('failed')
    const unknown = { ...job, id: 'w1~unknown', data: { importId: 'unknown' } }
    expect(await runs.run(handlerOf(), unknown)).toMatchObject({ error: { kind: 'permanent' } })
    expect(await runs.run(handlerOf(), { ...job, data: {} })).toMatchObject({ error: { kind: 'permanent' } })
  })

  test('refuses a value that the database refuses, and writes the rest of its batch', async () => {
    const tooLarge = { name: 'x'.repeat(150), id: 'large', last_message: '\u{1F600}'.repeat(1_900) }
    const { job, importId } = await importOf([...linesOf(5), line(tooLarge), ...linesOf(5)])
    await runs.run(handlerOf(), job)
    const row = await rowOf(importId)
    expect(row['created'] + row['rejected']).toBe(11)
    expect(row['status']).toBe('done')
  })
})
