import type { Sql } from 'postgres'
import { systemClock } from '../../shared/clock.ts'
import { outboxBatchSchema } from '../../shared/contract/invalidation.ts'
import { markRequestSchema } from '../../shared/contract/marks.ts'
import { defaultCacheSettings } from '../../shared/contract/settings.ts'
import { boardIdSchema, userIdSchema, type WorkspaceId, workspaceIdSchema } from '../../shared/ids.ts'
import { contactList } from '../../shared/resources/contacts/contact-list.ts'
import type { Question } from '../../shared/resources/question.ts'
import { ok } from '../../shared/result.ts'
import type { AnswerQuestion } from '../../worker/cache/answer.ts'
import { createReadPath } from '../../worker/cache/read-path.ts'
import { plainWish } from '../../worker/cache/wish.ts'
import { etagOf } from '../../worker/entry/entry.ts'
import { Book } from '../../worker/ledger/book.ts'
import { invalidateEach } from '../../worker/ledger/invalidate.ts'
import type { LedgerClient } from '../../worker/ledger/ledger-client.ts'
import { type LedgerHead, MarkBook } from '../../worker/ledger/mark-book.ts'
import { ProvenBook } from '../../worker/ledger/proven-book.ts'
import type { SqlStorage } from '../../worker/platform/sql-storage.ts'
import { createMemoryTier } from '../../worker/tiers/memory.ts'
import { createSqlStorage } from '../support/book-storage.ts'
import { createFakeTier } from '../support/fake-tier.ts'

/** A contact of its own board, which one writer counts up. */
export interface Subject {
  readonly workspaceId: WorkspaceId
  readonly boardId: string
  readonly contactId: string
}

/** An answer that a reader got. */
export interface Given {
  /** The number that the contact showed. */
  readonly number: number
  readonly status: string
  /** The instant at which the answer claims to have equalled the database. */
  readonly currentAtMs: number
  /** Whether a mark has proved the entry since it was loaded. */
  readonly isProved: boolean
  /** Whether the answer was a hit after its lifetime since the load had ended, so that only a mark kept it. */
  readonly isByProofAlone: boolean
}

/** Production's ledgers, marks and read path in this process, with the real Postgres behind them. */
export interface MarksWorld {
  /** Takes a post of the relay's process. Null if there is no such path. */
  receive(path: string, body: unknown): Promise<unknown | null>
  read(subject: Subject, isolate: number): Promise<Given | null>
  /** Begins a ledger or the marks again from its storage, as the platform does with Durable Objects. */
  restart(what: WorkspaceId | 'marks'): void
}

const workspaces = 5
const boardsEach = 10
export const isolates = 2
/**
 * The least setting is 30 s, in which a short run proves nothing. Marks are some seconds old when a ledger learns of them, so a
 * shorter lifetime than this one could end before its proof comes.
 */
const lifetimeSeconds = 6

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const recorder = { record() {} }

export async function createSubjects(sql: Sql): Promise<Subject[]> {
  const subjects: Subject[] = []
  for (let workspace = 0; workspace < workspaces; workspace += 1) {
    const workspaceId = workspaceIdSchema.parse(`marks-${workspace}`)
    await sql`insert into workspaces (id, name) values (${workspaceId}, 'Marks')`
    for (let board = 0; board < boardsEach; board += 1) {
      const boardId = `board_${board}`
      const contactId = `contact_${board}`
      await sql`insert into boards (workspace_id, id, name) values (${workspaceId}, ${boardId}, 'Board')`
      await sql`insert into board_columns (workspace_id, board_id, id, name)
        values (${workspaceId}, ${boardId}, 'only', 'Only')`
      await sql`insert into contacts (workspace_id, id, board_id, board_column_id, name)
        values (${workspaceId}, ${contactId}, ${boardId}, 'only', '0')`
      subjects.push({ workspaceId, boardId, contactId })
    }
  }
  return subjects
}

export function createMarksWorld(sql: Sql): MarksWorld {
  const storage = createSqlStorage()
  const openMarks = () => new MarkBook({ storage, now: Date.now, ledgerOf: (workspaceId) => workspaceId })
  let marks = openMarks()
  const ledgers = createLedgers((workspaceId, head) => marks.proofFor(workspaceId, head))
  const { ledger } = ledgers
  const kv = createFakeTier('kv', systemClock)
  const answers = Array.from({ length: isolates }, () => createIsolate(sql, ledger, kv))
  const userId = userIdSchema.parse('reader')
  const questions = new Map<string, Question>()

  return {
    async receive(path, body) {
      if (path === '/api/cache/marks') return marks.take(markRequestSchema.parse(body).mark)
      if (path !== '/api/cache/invalidate') return null
      return { events: await invalidateEach(ledger, recorder, outboxBatchSchema.parse(body).outbox) }
    },
    async read({ workspaceId, boardId }, isolate) {
      const question = questions.get(boardId) ?? questionOf(boardId)
      questions.set(boardId, question)
      const caller = { kind: 'member', userId, token: '', requestId: '', keepAlive: ignored } as const
      const answer = answers[isolate]
      const askedAtMs = Date.now()
      const answered = await answer?.({ question, workspaceId, caller, wish: plainWish })
      if (!answered?.ok) return null
      const { entry, status, currentAtMs } = answered.value
      const number = Number(/"number":(\d+)/.exec(decoder.decode(entry.body))?.[1])
      const isPastLifetime = askedAtMs >= entry.createdAtMs + lifetimeSeconds * 1000
      const isByProofAlone = status === 'HIT' && isPastLifetime
      return { number, status, currentAtMs, isProved: currentAtMs > entry.createdAtMs, isByProofAlone }
    },
    restart(what) {
      if (what === 'marks') marks = openMarks()
      else ledgers.restart(what)
    },
  }
}

function ignored(work: Promise<unknown>): void {
  void work.catch(() => undefined)
}

function questionOf(boardId: string): Question {
  const parsed = contactList.parse({ boardId: boardIdSchema.parse(boardId) }, {})
  if (!parsed.ok) throw new Error('production refuses the question')
  return { ...parsed.value, lifetime: lifetimeSeconds }
}

interface Ledgers {
  readonly ledger: LedgerClient
  restart(workspaceId: WorkspaceId): void
}

/** Ledgers as the Durable Object has them: each asks for its proof before it answers anybody. */
function createLedgers(proofFor: MarkBook['proofFor']): Ledgers {
  const storages = new Map<WorkspaceId, SqlStorage>()
  const awake = new Map<WorkspaceId, Promise<{ book: Book; proven: ProvenBook }>>()
  const wake = async (workspaceId: WorkspaceId) => {
    const storage = storages.get(workspaceId) ?? createSqlStorage()
    storages.set(workspaceId, storage)
    const book = new Book(storage, () => ({ ledgerId: crypto.randomUUID(), version: Date.now() }))
    const ask = async (head: LedgerHead) => proofFor(workspaceId, head)
    const proven = new ProvenBook({ book, clock: systemClock, ask, keepAlive: ignored })
    await proven.wake()
    return { book, proven }
  }
  const ledgerOf = (workspaceId: WorkspaceId) => {
    const waking = awake.get(workspaceId) ?? wake(workspaceId)
    awake.set(workspaceId, waking)
    return waking
  }
  return {
    ledger: {
      advance: async (workspaceId, events) => ok((await ledgerOf(workspaceId)).book.advance(events)),
      since: async (workspaceId, ledgerId, version) =>
        ok((await ledgerOf(workspaceId)).proven.since(ledgerId, version)),
    },
    restart: (workspaceId) => void awake.delete(workspaceId),
  }
}

function createIsolate(
  sql: Sql,
  ledger: LedgerClient,
  kv: ReturnType<typeof createFakeTier>,
): AnswerQuestion {
  const { answer } = createReadPath({
    ...{ clock: systemClock, random: Math.random, recorder, ledger, etagOf },
    sharedViews: null,
    slots: [
      {
        ...{ tier: createMemoryTier(systemClock, 4_194_304), source: 'memory', isNear: true },
        admits: 'every-fill',
      },
      { tier: kv, source: 'cloudflare_kv', isNear: false, admits: 'every-fill' },
    ],
    origin: {
      async load(question, { workspaceId }) {
        const { boardId } = contactList.params.parse(question.params)
        const [row] = await sql`
          select name from contacts where workspace_id = ${workspaceId} and board_id = ${boardId}`
        return ok(
          encoder.encode(
            JSON.stringify({ number: Number(row?.['name']), pagination: { next_cursor: null } }),
          ),
        )
      },
      settings: async () => ok(encoder.encode(JSON.stringify(defaultCacheSettings))),
    },
    ...{ stalenessBoundMs: 1_000, staleIfErrorSeconds: 86_400, consistencySampleRate: 0 },
    ...{
      instant: async () => null,
      heal: async () => false,
      noteViolation: async () => undefined,
      report: () => undefined,
    },
  })
  return answer
}
