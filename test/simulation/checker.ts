import { z } from 'zod'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Fact } from './database.ts'
import { BrokenPromise, isIn, type KnownVersion, type Records, type Written } from './records.ts'

/**
 * Holds what readers get against what was so. It knows the database's past and the instants at which the ledgers
 * wrote something down, and shares nothing with the read path: no tags, no views, no verdicts. A body names its
 * workspace, its place and the transaction that made it so; all else follows from the past of that place.
 *
 * Where an instant decides, it is the world's, and the ledger's own: what a ledger has written down, nobody may read
 * past once the bound is over, whether or not the backend has heard of it yet.
 */
export interface Checker {
  /** A tier was handed an entry. */
  put(entry: SeenEntry): void
  /** A reader was answered. */
  answered(read: SeenRead, answer: SeenAnswer): void
  /** A reader was refused. */
  refused(read: SeenRead, code: string): void
}

export interface SeenEntry {
  readonly workspaceId: WorkspaceId
  readonly found: boolean
  readonly stamp: { readonly ledgerId: string; readonly version: number }
  readonly createdAtMs: number
  readonly deleteAtMs: number
  readonly body: Uint8Array
}

/** What was asked, and when it arrived at the isolate. */
export interface SeenRead {
  readonly workspaceId: WorkspaceId
  readonly place: string
  readonly atMs: number
  /** What must be in the answer (X-Min-Version). */
  readonly minVersion: KnownVersion | null
  /** Only what is current now will do (no-cache). */
  readonly asksForNow: boolean
}

export interface SeenAnswer {
  readonly entry: SeenEntry
  readonly status: 'HIT' | 'STALE' | 'MISS' | 'BYPASS'
  readonly source: string
  readonly isProven: boolean
  readonly lifetimeSeconds: number
  /** By the isolate's clock: when the request arrived, and when it was answered. */
  readonly arrivedMs: number
  readonly answeredMs: number
}

export interface CheckerOptions {
  readonly boundMs: number
  readonly records: Records
  nowMs(): number
  historyOf(workspaceId: WorkspaceId, place: string): readonly Fact[]
}

const bodySchema = z.object({ workspaceId: z.string(), place: z.string(), commit: z.int() })
const decoder = new TextDecoder()

/**
 * What is proved is proved by a question that was sent no sooner than one bound before the request came. An answer that
 * takes longer than a question to the ledger and a look into every tier, as after a slow load, is proved anew.
 */
const proofMaxMs =
  limits.ledgerDeadlineMs +
  limits.sharedViewDeadlineMs +
  limits.edgeCacheDeadlineMs +
  limits.kvDeadlineMs +
  limits.redisDeadlineMs

/** With what a reader may be refused while things fail. */
const refusals: ReadonlySet<string> = new Set([
  ...['ledger_unavailable', 'origin_unavailable', 'origin_timeout', 'not_cached', 'version_unknown'],
])

export function createChecker({ boundMs, nowMs, historyOf, records }: CheckerOptions): Checker {
  /** The first transaction that a body leaves out and that it should not; undefined where there is none. */
  function leftOut(
    workspaceId: WorkspaceId,
    place: string,
    fact: Fact,
    isRequired: (written: Written) => boolean,
  ): number | undefined {
    return historyOf(workspaceId, place)
      .filter(({ commit }) => commit > fact.commit)
      .map(({ commit }) => commit)
      .find((commit) => {
        const known = records.find(workspaceId, commit)
        return known !== undefined && isRequired(known)
      })
  }

  return {
    refused({ workspaceId, minVersion }, code) {
      const isOfThisLedger = minVersion?.era === records.era(workspaceId)
      if (code === 'version_unknown' && isOfThisLedger)
        throw new BrokenPromise(`read your writes: ${workspaceId} does not know an acknowledged version`)
      if (!refusals.has(code)) throw new BrokenPromise(`refused: ${workspaceId} with ${code}`)
    },

    put(entry) {
      const { workspaceId, stamp } = entry
      const said = entry.found ? bodySchema.safeParse(JSON.parse(decoder.decode(entry.body))) : null
      // That there is no such thing has no bytes to tell by, and settings are no place's.
      if (!said?.success) return
      const { place } = said.data
      const fact = factIn(historyOf(workspaceId, place), place, entry)
      const era = records.eraOf(workspaceId, stamp.ledgerId)
      const commit = leftOut(workspaceId, place, fact, (written) => isIn(written, { ...stamp, era }))
      if (commit === undefined) return
      throw new BrokenPromise(
        `no poisoned entry: ${workspaceId} ${place} is stored under version ${stamp.version} without transaction ${commit}`,
      )
    },

    answered(read, answer) {
      const { workspaceId, place, minVersion, asksForNow, atMs } = read
      checkMarks(read, answer)
      const fact = factIn(historyOf(workspaceId, place), place, { ...answer.entry, workspaceId })
      const hold = (promise: string, isRequired: (written: Written) => boolean) => {
        const commit = leftOut(workspaceId, place, fact, isRequired)
        if (commit === undefined) return
        const since = nowMs() - (records.find(workspaceId, commit)?.atMs ?? 0)
        throw new BrokenPromise(
          `${promise}: ${workspaceId} ${place} was answered (${answer.status}, ${answer.source}) without transaction ${commit}, in the ledger for ${since} ms`,
        )
      }
      const latestMs = Math.max(atMs, nowMs() - proofMaxMs) - boundMs
      if (answer.isProven) hold('bounded staleness', (written) => written.atMs < latestMs)
      if (asksForNow) hold('no-cache', (written) => written.atMs < atMs)
      if (minVersion !== null) hold('read your writes', (written) => isIn(written, minVersion))
    },
  }
}

/** What an entry says, found in the past of the place and workspace that it was given for. */
function factIn(history: readonly Fact[], place: string, { workspaceId, found, body }: SeenEntry): Fact {
  const text = found ? decoder.decode(body) : null
  const fact = history.findLast((known) => known.text === text)
  if (fact !== undefined) return fact
  if (text === null) throw new BrokenPromise(`not found: ${workspaceId} ${place} was always there`)
  const said = bodySchema.safeParse(JSON.parse(text))
  const whose = said.success ? `${said.data.workspaceId} ${said.data.place}` : 'nobody'
  throw new BrokenPromise(`tenant isolation: ${workspaceId} ${place} was given the bytes of ${whose}`)
}

/** What is not proved current says so, and what is over is not given. */
function checkMarks({ workspaceId, place }: SeenRead, answer: SeenAnswer): void {
  const { entry, status, source, isProven, lifetimeSeconds, arrivedMs, answeredMs } = answer
  const fail = (what: string) => {
    throw new BrokenPromise(`${what}: ${workspaceId} ${place} (${status}, ${source})`)
  }
  const isCached = source !== 'database'
  if (isCached && !isProven && status !== 'STALE') fail('marked: not proved, and not STALE')
  if (isCached && status !== 'HIT' && status !== 'STALE') fail('marked: cached, and neither HIT nor STALE')
  if (!isCached && status === 'HIT') fail('marked: from the database, and HIT')
  if (status === 'HIT' && arrivedMs >= entry.createdAtMs + lifetimeSeconds * 1000)
    fail('marked: HIT past its lifetime')
  if (isCached && answeredMs >= entry.deleteAtMs) fail('given past its last usable instant')
}
