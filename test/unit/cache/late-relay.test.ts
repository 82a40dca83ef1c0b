import { expect, it } from 'vitest'
import { defaultCacheSettings } from '../../../shared/contract/settings.ts'
import { boardIdSchema, userIdSchema } from '../../../shared/ids.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { ok } from '../../../shared/result.ts'
import { createReadPath } from '../../../worker/cache/read-path.ts'
import { plainWish } from '../../../worker/cache/wish.ts'
import { etagOf } from '../../../worker/entry/entry.ts'
import { MarkBook } from '../../../worker/ledger/mark-book.ts'
import { ProvenBook } from '../../../worker/ledger/proven-book.ts'
import { createBook, createSqlStorage } from '../../support/book-storage.ts'
import { workspaceId } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeTier } from '../../support/fake-tier.ts'
import { openMove } from '../../support/tags.ts'

const boards = ['b1', 'b2', 'b3', 'b4']
const loadForMs = 120_000
const minuteMs = 60_000
const beatMs = 2_000
const stepMs = 500

const questions = boards.map((boardId) => {
  const parsed = contactList.parse({ boardId: boardIdSchema.parse(boardId) }, {})
  if (!parsed.ok) throw new Error('production refuses the question')
  return { boardId, question: parsed.value }
})
const caller = { kind: 'member', userId: userIdSchema.parse('reader'), token: '', requestId: '' } as const
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** A relay that tells each write to the ledger `lateMs` after its commit, and marks every two seconds. */
function createRelay(lateMs: number) {
  const clock = createFakeClock()
  const book = createBook(undefined, undefined, { ledgerId: 'ledger', version: 1 })
  const marks = new MarkBook({ storage: createSqlStorage(), now: clock.now, ledgerOf: (id) => id })
  const work: Promise<unknown>[] = []
  const proven = new ProvenBook({
    ...{ book, clock, keepAlive: (each) => work.push(each) },
    ask: async (head) => marks.proofFor(workspaceId, head),
  })
  const outbox: { readonly boardId: string; readonly atMs: number }[] = []
  let held: { readonly at: number; readonly position: string } | null = null

  return {
    ...{ clock, book, marks, work, proven },
    /** Notes a row of the outbox, as a commit does. */
    commit: (boardId: string) => outbox.push({ boardId, atMs: clock.now() }),
    tell() {
      while (outbox[0] !== undefined && outbox[0].atMs <= clock.now() - lateMs)
        book.advance([{ moves: [openMove(outbox.shift()?.boardId ?? '')] }])
    },
    mark() {
      const { at = 0 } = held ?? {}
      const isUntold = outbox.some(({ atMs }) => atMs <= at)
      const except = isUntold ? [workspaceId] : []
      const { now } = marks.take(held === null ? null : { ...held, database: '7:00000001', except })
      held = { at: now, position: `0/${now.toString(16).slice(-8).toUpperCase()}` }
    },
  }
}

/** Two minutes in which every board is read twice a second and written every few seconds, and one of reads alone. Every hit is compared. */
async function load(lateMs: number) {
  const relay = createRelay(lateMs)
  const { clock, book, marks, work, proven } = relay
  const seen = { queries: 0, compared: 0, differences: 0, violations: 0, healed: 0, reports: 0 }
  const rows = new Map<string, number>()
  const { answer } = createReadPath({
    ...{ clock, etagOf, random: () => 0.5, sharedViews: null, consistencySampleRate: 1 },
    ...{ stalenessBoundMs: 1_000, staleIfErrorSeconds: 86_400 },
    slots: [
      {
        ...{ tier: createFakeTier('memory', clock), source: 'memory', isNear: true },
        admits: 'every-fill',
      },
    ],
    ledger: {
      advance: async (_workspace, events) => ok(book.advance(events)),
      since: async (_workspace, ledgerId, version) => ok(proven.since(ledgerId, version)),
    },
    origin: {
      async load({ params }) {
        seen.queries += 1
        const { boardId } = contactList.params.parse(params)
        return ok(bytesOf({ rows: rows.get(boardId) ?? 0, pagination: { next_cursor: null } }))
      },
      settings: async () => ok(bytesOf(defaultCacheSettings)),
    },
    recorder: {
      record(event) {
        if (event.kind !== 'consistency') return
        seen.compared += 1
        if (event.outcome === 'excused') seen.differences += 1
        if (event.outcome === 'violated') seen.violations += 1
      },
    },
    instant: async () => marks.instant(),
    noteViolation: async () => undefined,
    async heal(_workspace, _digest, moves) {
      seen.healed += 1
      book.advance([{ moves }])
      return true
    },
    report() {
      seen.reports += 1
    },
  })

  async function readAll(): Promise<void> {
    for (const { question } of questions) {
      const keepAlive = (each: Promise<unknown>) => void work.push(each)
      await answer({ question, workspaceId, caller: { ...caller, keepAlive }, wish: plainWish })
    }
  }

  for (let atMs = 0; atMs < loadForMs + minuteMs; atMs += stepMs) {
    const written = boards[(atMs / 1_500) % boards.length]
    if (written !== undefined && atMs < loadForMs) {
      rows.set(written, (rows.get(written) ?? 0) + 1)
      relay.commit(written)
    }
    relay.tell()
    if (atMs % beatMs === 0) relay.mark()
    await readAll()
    await clock.advance(stepMs)
  }
  await Promise.all(work)
  return seen
}

it('a relay that is late by a minute under load makes no violation, no healing and no query more than one in time', async () => {
  const inTime = await load(100)
  const late = await load(minuteMs)
  expect(inTime).toMatchObject({ violations: 0, healed: 0, reports: 0 })
  expect(late).toMatchObject({ violations: 0, healed: 0, reports: 0 })
  expect(late.differences).toBeGreaterThan(boards.length)
  expect(late.queries).toBeLessThanOrEqual(inTime.queries)
})
