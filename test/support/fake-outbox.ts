import type { Delivered, Delivery, DeliveryFailure } from '../../origin/outbox/delivery.ts'
import type { Look, Outbox, OutboxKey, OutboxRow } from '../../origin/outbox/outbox.ts'
import type { Clock } from '../../shared/clock.ts'
import type { OutboxEvent } from '../../shared/contract/invalidation.ts'
import type { Version } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { familyMove, type Move } from '../../shared/tags/moves.ts'
import { createBook } from './book-storage.ts'
import { workspaceId } from './entries.ts'

interface Kept {
  row: OutboxRow
  dueAtMs: number
  readonly writtenAtMs: number
  isParked: boolean
}

/** How looks are answered: as the database does it, by a failure, not before the deadline, or as if another relay were looking. */
export type LookMood = 'sees' | 'fails' | 'hangs' | 'busy'

/** The database's outbox in memory, with leases, attempts and parking as in its SQL functions. */
export interface FakeOutbox extends Outbox {
  /** While this is true every call fails. */
  isDown: boolean
  lookMood: LookMood
  readonly looks: number
  readonly claims: number
  readonly rows: readonly { readonly id: number; readonly attempts: number; readonly isParked: boolean }[]
  /** Adds a row that is due after `dueInMs`, and answers it. */
  write(moves?: readonly Move[], dueInMs?: number): OutboxRow
  /** Restores the database from a backup: each id now belongs to another event, which has not been delivered. */
  restore(): void
}

export function createFakeOutbox(clock: Clock): FakeOutbox {
  const kept = new Map<number, Kept>()
  let lastId = 0
  let claims = 0
  const watch = createWatch(kept, clock)
  const answer = async <Value>(work: () => Value): Promise<Result<Value, { kind: 'unavailable' }>> =>
    outbox.isDown ? err({ kind: 'unavailable' }) : ok(work())

  const outbox: FakeOutbox = {
    isDown: false,
    lookMood: 'sees',
    get looks() {
      return watch.looks
    },
    get claims() {
      return claims
    },
    get rows() {
      return [...kept.values()].map(({ row: { key, attempts }, isParked }) => ({
        id: key.id,
        attempts,
        isParked,
      }))
    },
    write(moves = [familyMove('counts')], dueInMs = 0) {
      lastId += 1
      const row = rowOf({ id: lastId, eventId: `${lastId}` }, moves)
      const nowMs = clock.now()
      kept.set(lastId, { row, dueAtMs: nowMs + dueInMs, writtenAtMs: nowMs, isParked: false })
      return row
    },
    restore() {
      for (const [id, each] of kept) kept.set(id, restored(each, clock.now()))
    },
    look: () => (outbox.isDown ? answer(() => 'none') : watch.look(outbox.lookMood)),
    claim: (rowsMax) =>
      answer(() => {
        claims += 1
        return { rows: lease(kept, clock.now(), rowsMax), undeliverable: [] }
      }),
    read: (keys) =>
      answer(() => {
        const rows = keys.flatMap((key) => find(kept, key)?.row ?? [])
        return { rows, undeliverable: [] }
      }),
    ...createReports(kept, clock, answer),
    state: () =>
      answer(() => ({
        depth: kept.size,
        oldestAgeMs: Math.max(0, ...[...kept.values()].map(({ writtenAtMs }) => clock.now() - writtenAtMs)),
        parked: [...kept.values()].filter(({ isParked }) => isParked).length,
      })),
  }
  return outbox
}

const glanceEveryMs = 10

/** The look that waits, of which there is one at a time. */
function createWatch(kept: ReadonlyMap<number, Kept>, clock: Clock) {
  let isLooking = false
  const pause = (forMs: number) => new Promise<void>((resolve) => clock.schedule(resolve, forMs))

  async function glances(): Promise<Look> {
    const endMs = clock.now() + limits.outboxWaitMs
    for (;;) {
      if ([...kept.values()].some(({ dueAtMs }) => dueAtMs <= clock.now())) return 'rows'
      if (clock.now() >= endMs) return 'none'
      await pause(glanceEveryMs)
    }
  }

  const watch = {
    looks: 0,
    async look(mood: LookMood): ReturnType<Outbox['look']> {
      watch.looks += 1
      if (mood === 'hangs') await pause(limits.outboxWaitDeadlineMs)
      if (mood === 'hangs') return err({ kind: 'timeout' })
      if (mood === 'fails') return err({ kind: 'unavailable' })
      if (mood === 'busy' || isLooking) return ok('busy')
      isLooking = true
      const seen = await glances()
      isLooking = false
      return ok(seen)
    },
  }
  return watch
}

/** The reports of a relay about the rows that it leased. */
function createReports(
  kept: Map<number, Kept>,
  clock: Clock,
  answer: <Value>(work: () => Value) => Promise<Result<Value, { kind: 'unavailable' }>>,
): Pick<Outbox, 'acknowledge' | 'release' | 'fail'> {
  return {
    acknowledge: (keys) =>
      answer(() => {
        for (const key of keys) if (find(kept, key) !== undefined) kept.delete(key.id)
      }),
    release: (keys) =>
      answer(() => {
        for (const key of keys) {
          const each = find(kept, key)
          if (each !== undefined) each.dueAtMs = clock.now()
        }
      }),
    fail: (failures) =>
      answer(() => {
        for (const { key, delayMs } of failures) {
          const each = find(kept, key)
          if (each === undefined) continue
          const attempts = each.row.attempts + 1
          each.row = { ...each.row, attempts }
          each.dueAtMs = clock.now() + delayMs
          each.isParked = attempts >= limits.outboxAttemptsMax
        }
      }),
  }
}

/** Leases at most `rowsMax` of the rows that are due at `nowMs`. */
function lease(kept: ReadonlyMap<number, Kept>, nowMs: number, rowsMax: number): OutboxRow[] {
  const due = [...kept.values()].filter(({ dueAtMs }) => dueAtMs <= nowMs).slice(0, rowsMax)
  for (const each of due) each.dueAtMs = nowMs + limits.outboxLeaseMs
  return due.map(({ row }) => row)
}

/** The row with this id, if it belongs to this event. */
function find(kept: ReadonlyMap<number, Kept>, { id, eventId }: OutboxKey): Kept | undefined {
  const each = kept.get(id)
  return each?.row.key.eventId === eventId ? each : undefined
}

function restored({ row, writtenAtMs }: Kept, dueAtMs: number): Kept {
  const key = { ...row.key, eventId: `${row.key.eventId}-restored` }
  return { row: rowOf(key, row.event.tags), dueAtMs, writtenAtMs, isParked: false }
}

function rowOf(key: OutboxKey, moves: readonly Move[]): OutboxRow {
  return { key, attempts: 0, event: { eventId: `outbox:${key.eventId}`, workspaceId, tags: [...moves] } }
}

/** How the Worker handles a batch: it accepts it, accepts it but its answer is lost, or does not accept it. */
export type WorkerMood = 'takes' | 'answer lost' | 'hangs' | DeliveryFailure

/** The Worker as the relay sees it, with the production ledger of one workspace behind it. */
export interface FakeWorker extends Delivery {
  mood: WorkerMood
  /** Events that do not become durable, and events because of which the whole batch is refused. */
  readonly unavailable: Set<string>
  readonly poisonous: Set<string>
  readonly posts: readonly (readonly string[])[]
  readonly version: number
}

export function createFakeWorker(clock: Clock): FakeWorker {
  const book = createBook()
  const posts: string[][] = []

  function take(events: readonly OutboxEvent[]): Delivered {
    const taken = events.filter(({ eventId }) => !worker.unavailable.has(eventId))
    const { outcomes } = book.advance(taken.map(({ eventId, tags }) => ({ eventId, moves: tags })))
    const delivered = new Map<string, Version>()
    for (const [index, { eventId }] of taken.entries()) {
      const outcome = outcomes[index]
      if (outcome !== undefined && 'version' in outcome) delivered.set(eventId, outcome.version)
    }
    return delivered
  }

  const worker: FakeWorker = {
    mood: 'takes',
    unavailable: new Set(),
    poisonous: new Set(),
    posts,
    get version() {
      return book.since(null, 0).version
    },
    async post(events) {
      posts.push(events.map(({ eventId }) => eventId))
      const { mood } = worker
      if (mood === 'hangs' || mood === 'answer lost') {
        if (mood === 'answer lost') take(events)
        await new Promise<void>((resolve) => clock.schedule(resolve, limits.relayDeadlineMs))
        return err('timeout')
      }
      if (mood !== 'takes') return err(mood)
      if (events.some(({ eventId }) => worker.poisonous.has(eventId))) return err('rejected')
      return ok(take(events))
    },
  }
  return worker
}
