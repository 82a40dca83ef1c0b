import { describe, expect, test } from 'vitest'
import type { ContactWriter, ImportedBatch } from '../../../origin/contacts/contact-writer.ts'
import { importContacts } from '../../../origin/contacts/import-contacts.ts'
import type { Failure } from '../../../origin/failures.ts'
import type { Deliver } from '../../../origin/outbox/delivered-writes.ts'
import type { ImportReport } from '../../../shared/contract/contacts.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { version, workspaceId } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeOutbox } from '../../support/fake-outbox.ts'

type Batch = Parameters<ContactWriter['importBatch']>[1]
type Answer = Result<ImportedBatch, Failure>

const clock = createFakeClock()
const { write } = createFakeOutbox(clock)
const allCreated = (batch: Batch): Answer =>
  ok({ created: batch.length, updated: 0, rejected: [], ignored: [], outbox: [write()] })

interface Scene {
  readonly chunks: readonly (string | Uint8Array)[]
  readonly answer?: (batch: Batch, call: number) => Answer
  readonly deliver?: Deliver
  /** How the upload ends. */
  readonly end?: 'well' | 'broken' | 'never'
  readonly advanceMs?: number
}

async function runImport({ chunks, answer = allCreated, deliver, end = 'well', advanceMs = 0 }: Scene) {
  const reports: ImportReport[] = []
  const batches: Batch[] = []
  const encoder = new TextEncoder()
  const pending = [...chunks]
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = pending.shift()
      if (chunk !== undefined) controller.enqueue(typeof chunk === 'string' ? encoder.encode(chunk) : chunk)
      else if (end === 'broken') controller.error(new Error('the connection is gone'))
      else if (end === 'well') controller.close()
      else await new Promise(() => undefined)
    },
  })
  const importing = importContacts({
    contacts: {
      async importBatch(_writer, batch) {
        batches.push(batch)
        return answer(batch, batches.length)
      },
    },
    deliver: deliver ?? (async () => version(7)),
    clock,
    writer: { callerToken: null, callerKey: 'backend', workspaceId },
    body,
    linesMax: 20_000,
    report: (report) => void reports.push(report),
  })
  await clock.advance(advanceMs)
  await importing
  return { reports, batches, last: reports.at(-1) }
}

const line = (id: string, more: object = {}) =>
  `${JSON.stringify({ id, board_id: 'b', board_column_id: 'c', name: id, ...more })}\n`
const lines = (count: number) => Array.from({ length: count }, (_, index) => line(`c${index + 1}`))

describe('the lines of an import', () => {
  test('do not depend on the chunks of the upload', async () => {
    const text = [
      line('é1'.normalize('NFD').replaceAll(/[^\w]/g, 'x')),
      '\n',
      line('c2', { name: 'Zoë 🙂' }),
      line('c3').trimEnd(),
    ].join('')
    const bytes = new TextEncoder().encode(text)
    for (const size of [1, 2, 3, 7, 1_000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.slice(index * size, (index + 1) * size),
      )
      const { batches, last } = await runImport({ chunks })
      expect(batches.flat().map(({ name }) => name)).toEqual([expect.any(String), 'Zoë 🙂', 'c3'])
      expect(last).toMatchObject({ type: 'done', lines: 4, created: 3 })
    }
  })

  test('are written in batches of bounded size, with no contact twice in a batch', async () => {
    const { batches } = await runImport({
      chunks: [...lines(limits.importBatchLinesMax + 1), line('c501', { name: 'again' })],
    })
    expect(batches.map((batch) => batch.length)).toEqual([limits.importBatchLinesMax, 1, 1])
    const large = line('x', { last_message: 'm'.repeat(4_000) })
    const many = Array.from({ length: 400 }, (_, index) => large.replace('"id":"x"', `"id":"l${index}"`))
    const { batches: bySize } = await runImport({ chunks: many })
    expect(bySize.length).toBeGreaterThan(1)
  })

  test('without an id get one, which stays the same if the batch is sent again', async () => {
    const { batches } = await runImport({
      chunks: ['{"board_id":"b","board_column_id":"c","name":"N"}'],
      answer: (batch, call) => (call === 1 ? err({ kind: 'timeout' }) : allCreated(batch)),
      advanceMs: 1_000,
    })
    expect(batches).toHaveLength(2)
    expect(batches[0]?.[0]?.id).toMatch(/^[\da-f-]{36}$/)
    expect(batches[1]).toEqual(batches[0])
  })

  test.each([{ kind: 'invalid', code: '22P05' }, { kind: 'out_of_bounds' }] as const)(
    'that the database refuses as $kind are found one by one, and the others are written',
    async (refusal) => {
      const { reports, last } = await runImport({
        chunks: lines(20),
        answer: (batch) =>
          batch.some(({ id }) => id === 'c7' || id === 'c15') ? err(refusal) : allCreated(batch),
      })
      const rejected = reports.filter((report) => report.type === 'rejected')
      expect(rejected.map((report) => [report.line, report.code])).toEqual([
        [7, 'refused_by_database'],
        [15, 'refused_by_database'],
      ])
      expect(last).toMatchObject({ type: 'done', created: 18, rejected: 2 })
    },
  )

  test('with ignored fields are reported, each with those fields, and counted', async () => {
    const ignoring = (batch: Batch): Answer =>
      ok({
        created: batch.length - 2,
        updated: 2,
        rejected: [],
        ignored: ['c2', 'c4'].map((id) => ({ id, fields: ['created_at'] })),
        outbox: [],
      })
    const { reports, last } = await runImport({ chunks: ['\n', ...lines(5)], answer: ignoring })
    expect(reports.filter(({ type }) => type === 'ignored')).toEqual([
      { type: 'ignored', line: 3, fields: ['created_at'] },
      { type: 'ignored', line: 5, fields: ['created_at'] },
    ])
    expect(last).toMatchObject({ type: 'done', created: 3, updated: 2, ignored: 2 })
  })

  test('with ignored fields are reported up to a bound, and written beyond it', async () => {
    const allIgnored = (batch: Batch): Answer =>
      ok({
        created: 0,
        updated: batch.length,
        rejected: [],
        ignored: batch.map(({ id }) => ({ id: String(id), fields: ['created_at'] })),
        outbox: [],
      })
    const count = limits.importIgnoredMax + 700
    const { reports, last } = await runImport({ chunks: lines(count), answer: allIgnored })
    expect(reports.filter(({ type }) => type === 'ignored')).toHaveLength(limits.importIgnoredMax)
    expect(last).toMatchObject({ type: 'done', updated: count, ignored: count })
  })

  test('are never repeated in a report, whatever is wrong with them', async () => {
    const secret = 'zoe@private.example'
    const { reports } = await runImport({
      chunks: [
        line('c1', { email: `${secret}${'x'.repeat(400)}` }),
        `{"name": "${secret}`,
        '\n',
        line(secret),
      ],
    })
    expect(JSON.stringify(reports)).not.toContain(secret)
  })
})

describe('an import that cannot continue', () => {
  test('because the upload broke off has written the lines that arrived, and names the next one', async () => {
    const { batches, last } = await runImport({ chunks: [...lines(3), '{"cut'], end: 'broken' })
    expect(batches.flat()).toHaveLength(3)
    expect(last).toMatchObject({ type: 'stopped', reason: 'upload_broken_off', from: 4, created: 3 })
  })

  test('because the upload stalls reports that it broke off', async () => {
    const { last } = await runImport({ chunks: lines(2), end: 'never', advanceMs: limits.importIdleMs })
    expect(last).toMatchObject({ type: 'stopped', reason: 'upload_broken_off', from: 3, created: 2 })
  })

  test('because the database stays down retries for a while, and names the first line that is not written', async () => {
    const { batches, last } = await runImport({
      chunks: lines(limits.importBatchLinesMax + 10),
      answer: (batch, call) => (call === 1 ? allCreated(batch) : err({ kind: 'unavailable' })),
      advanceMs: 10_000,
    })
    expect(batches).toHaveLength(5)
    expect(last).toMatchObject({
      type: 'stopped',
      reason: 'database_unavailable',
      from: limits.importBatchLinesMax + 1,
      created: limits.importBatchLinesMax,
    })
  })

  test.each([
    ['forbidden', 'not_a_member'],
    ['refused', 'token_invalid'],
  ] as const)('because the writer may no longer write (%s) says so', async (kind, reason) => {
    const { last } = await runImport({ chunks: lines(1), answer: () => err({ kind }) })
    expect(last).toMatchObject({ type: 'stopped', reason, from: 1, created: 0 })
  })

  test('because it has too many bad lines stops there, with the good lines before it written', async () => {
    const { batches, reports, last } = await runImport({
      chunks: [line('good'), 'bad\n'.repeat(limits.importRejectionsMax + 5), line('after')],
    })
    expect(batches.flat().map(({ id }) => id)).toEqual(['good'])
    expect(reports.filter(({ type }) => type === 'rejected')).toHaveLength(limits.importRejectionsMax)
    expect(last).toMatchObject({
      type: 'stopped',
      reason: 'too_many_rejections',
      from: limits.importRejectionsMax + 2,
      created: 1,
    })
  })

  test('because it is too long stops there', async () => {
    const empty = '\n'.repeat(19_999)
    const { last } = await runImport({ chunks: [empty, line('last'), line('beyond')] })
    expect(last).toMatchObject({
      type: 'stopped',
      reason: 'too_many_lines',
      from: 20_001,
      created: 1,
    })
  })
})

describe('the version of an import', () => {
  test('is the greatest of its deliveries', async () => {
    let given = 10
    const { last } = await runImport({
      chunks: lines(limits.importBatchLinesMax * 2),
      deliver: async () => {
        given -= 1
        return version(given)
      },
    })
    expect(last).toMatchObject({ version: 9, invalidation: 'done' })
  })

  test('is null once a delivery failed, and the background relay delivers the rest', async () => {
    let deliveries = 0
    const { last } = await runImport({
      chunks: lines(limits.importBatchLinesMax * 4),
      deliver: async () => {
        deliveries += 1
        return null
      },
    })
    expect(deliveries).toBe(1)
    expect(last).toMatchObject({ type: 'done', version: null, invalidation: 'pending' })
  })
})
