import type { UserId, WorkspaceId } from '../../../shared/ids.ts'
import type { LedgerAdvance, LedgerEvent } from '../../../worker/ledger/ledger-messages.ts'
import type { Dice } from '../../support/dice.ts'
import type { MakeChange } from '../changes.ts'
import type { Database } from '../database.ts'
import { userIds } from '../questions.ts'
import type { Records } from '../records.ts'
import type { Scheduler } from '../scheduler.ts'

/**
 * Writers commit transactions, and a relay tells the ledgers of them, in batches and again and again until a batch is acknowledged. The
 * production relay runs in the other simulation; this one needs what it guarantees: at least once, in any order.
 */
export interface Writers {
  /** Commits a transaction of one change or three. */
  write(workspaceId: WorkspaceId, makeChange: MakeChange): void
  /** The instant up to which everything that was committed is in the ledger. */
  provedAtMs(workspaceId: WorkspaceId): number
  membershipsOf(
    workspaceId: WorkspaceId,
    userId: UserId,
  ): readonly { readonly commit: number; readonly isMember: boolean }[]
  /** The transactions that no ledger has acknowledged. */
  untold(): number
}

interface WritersOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly records: Records
  /** The longest time after a commit at which the relay looks. */
  readonly lookMaxMs: number
  note(what: string): void
  databaseOf(workspaceId: WorkspaceId): Database
  advance(workspaceId: WorkspaceId, events: readonly LedgerEvent[]): Promise<LedgerAdvance>
}

interface Row {
  readonly event: LedgerEvent
  readonly committedAtMs: number
}

const batchMax = 20
/** How long the relay waits for an answer before it sends a batch again. */
const againAfterMs = 2_000

export function createWriters(options: WritersOptions): Writers {
  const { scheduler, dice, records, lookMaxMs, note, databaseOf, advance } = options
  const rows = new Map<WorkspaceId, Row[]>()
  const rowsOf = (workspaceId: WorkspaceId) => rows.get(workspaceId) ?? []
  const busy = new Set<WorkspaceId>()
  const memberships = createMembershipsNoted(databaseOf)

  async function tell(workspaceId: WorkspaceId): Promise<void> {
    const batch = rowsOf(workspaceId).slice(0, batchMax)
    if (busy.has(workspaceId) || batch.length === 0) return
    busy.add(workspaceId)
    const isTold = await Promise.race([
      advance(
        workspaceId,
        batch.map(({ event }) => event),
      ).then(
        () => true,
        () => false,
      ),
      new Promise<false>((resolve) => scheduler.schedule(() => resolve(false), againAfterMs)),
    ])
    busy.delete(workspaceId)
    if (isTold)
      rows.set(
        workspaceId,
        rowsOf(workspaceId).filter((row) => !batch.includes(row)),
      )
    if (rowsOf(workspaceId).length > 0)
      scheduler.schedule(() => void tell(workspaceId), dice.between(0, lookMaxMs))
  }

  return {
    untold: () => [...rows.values()].reduce((sum, own) => sum + own.length, 0),
    membershipsOf: memberships.of,
    provedAtMs: (workspaceId) => rowsOf(workspaceId)[0]?.committedAtMs ?? scheduler.now(),
    write(workspaceId, makeChange) {
      const database = databaseOf(workspaceId)
      const events: LedgerEvent[] = []
      const whats: string[] = []
      const commit = database.commit((tables) => {
        for (let index = dice.happens(0.8) ? 0 : 2; index >= 0; index -= 1) {
          const revision = 10 * database.commits() + index
          const change = makeChange(tables, dice, workspaceId, revision)
          if (change === null) continue
          const digest = `${workspaceId}-${revision}`
          // Rows of a workspace may wait for each other here, so each moves what it moves while another one waits.
          const moves = [...change.concern.moves, ...(change.amongUntold ?? [])]
          events.push({ moves, eventId: digest, digest })
          whats.push(change.what)
        }
      })
      note(`${workspaceId} transaction ${commit}: ${whats.join(', ') || 'nothing'}`)
      const digests = events.map(({ digest = '' }) => digest)
      records.committed(workspaceId, commit, digests)
      memberships.note(workspaceId, commit)
      if (events.length === 0) return
      const committedAtMs = scheduler.now()
      rows.set(workspaceId, [...rowsOf(workspaceId), ...events.map((event) => ({ event, committedAtMs }))])
      scheduler.schedule(() => void tell(workspaceId), dice.between(0, lookMaxMs))
    },
  }
}

/** Notes with which transactions users became members of a workspace or left it. */
function createMembershipsNoted(databaseOf: WritersOptions['databaseOf']) {
  const noted = new Map<string, { commit: number; isMember: boolean }[]>()
  const keyOf = (workspaceId: WorkspaceId, userId: string) => `${workspaceId} ${userId}`
  return {
    of: (workspaceId: WorkspaceId, userId: string) => noted.get(keyOf(workspaceId, userId)) ?? [],
    note(workspaceId: WorkspaceId, commit: number) {
      const { memberIds } = databaseOf(workspaceId).tables
      for (const userId of userIds) {
        const key = keyOf(workspaceId, userId)
        const known = noted.get(key) ?? []
        const isMember = memberIds.has(userId)
        if ((known.at(-1)?.isMember ?? true) !== isMember) noted.set(key, [...known, { commit, isMember }])
      }
    },
  }
}
