import { z } from 'zod'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Fact } from './database.ts'
import { BrokenPromise, isIn, type KnownVersion, type Records, type Written } from './records.ts'

/**
 * Compares every answer with what was true. It knows the whole past of the database and the instants at which the
 * ledgers wrote something down, and shares nothing with the read path: no tags, no views, no verdicts. A body names
 * its workspace, its place and the transaction that produced it; everything else follows from the past of that place.
 *
 * Where an instant decides, it is the world's and the ledger's own: once the bound has passed, no reader may miss
 * what a ledger has written down, whether or not the backend has heard of it.
 */
export interface Checker {
  /** Checks an entry that is given to a tier. */
  put(entry: SeenEntry): void
  /** Checks a ledger's answer, or a view, that says up to when it contains everything. */
  proved(workspaceId: WorkspaceId, view: SeenView): void
  /** Checks an answer to a reader. */
  answered(read: SeenRead, answer: SeenAnswer): void
  /** Checks a refusal of a reader. */
  refused(read: SeenRead, code: string): void
}

export interface SeenView {
  readonly ledgerId: string
  readonly version: number
  readonly provedAtMs: number
}

export interface SeenEntry {
  readonly workspaceId: WorkspaceId
  readonly found: boolean
  readonly stamp: { readonly ledgerId: string; readonly version: number }
  readonly createdAtMs: number
  readonly deleteAtMs: number
  readonly body: Uint8Array
}

/** A reader's request, and when it arrived at the isolate. */
export interface SeenRead {
  readonly workspaceId: WorkspaceId
  readonly place: string
  readonly atMs: number
  /** The version that the answer must include (X-Min-Version). */
  readonly minVersion: KnownVersion | null
  /** Whether only a current answer is acceptable (no-cache). */
  readonly asksForNow: boolean
}

export interface SeenAnswer {
  readonly entry: SeenEntry
  readonly status: 'HIT' | 'STALE' | 'MISS' | 'BYPASS'
  readonly source: string
  readonly isProven: boolean
  readonly lifetimeSeconds: number
  /** The instant at which the entry is said to have equalled the database. */
  readonly currentAtMs: number
  /** When the request arrived and when it was answered, by the isolate's clock. */
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
 * A proof comes from a ledger call that was sent no earlier than one bound before the request arrived. If an answer
 * takes longer than one ledger call and one look into every tier, as after a slow load, it is proved a second time.
 */
export const proofMaxMs =
  limits.ledgerDeadlineMs +
  limits.sharedViewDeadlineMs +
  limits.edgeCacheDeadlineMs +
  limits.kvDeadlineMs +
  limits.redisDeadlineMs

/** The codes with which a reader may be refused while something fails. */
const refusals: ReadonlySet<string> = new Set([
  ...['ledger_unavailable', 'origin_unavailable', 'origin_timeout', 'not_cached', 'version_unknown'],
])

export function createChecker({ boundMs, nowMs, historyOf, records }: CheckerOptions): Checker {
  /** The first transaction that a body wrongly leaves out, or undefined if there is none. */
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
    proved: createProofCheck(records),

    refused({ workspaceId, minVersion }, code) {
      const isOfThisLedger = minVersion?.era === records.era(workspaceId)
      if (code === 'version_unknown' && isOfThisLedger)
        throw new BrokenPromise(`read your writes: ${workspaceId} does not know an acknowledged version`)
      if (!refusals.has(code)) throw new BrokenPromise(`refused: ${workspaceId} with ${code}`)
    },

    put(entry) {
      const { workspaceId, stamp } = entry
      const said = entry.found ? bodySchema.safeParse(JSON.parse(decoder.decode(entry.body))) : null
      // An absent thing has no bytes that could be compared, and settings belong to no place.
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
      checkProof(records, historyOf(workspaceId, place), read, answer, fact)
      if (asksForNow) hold('no-cache', (written) => written.atMs < atMs)
      if (minVersion !== null) hold('read your writes', (written) => isIn(written, minVersion))
    },
  }
}

/** Checks that a view has everything that was committed before its proof. */
function createProofCheck(records: Records): Checker['proved'] {
  const checkedViews = new Map<string, number>()
  return (workspaceId, { ledgerId, version, provedAtMs }) => {
    const name = `${ledgerId} ${provedAtMs}`
    if (version >= (checkedViews.get(name) ?? Number.POSITIVE_INFINITY)) return
    const view = { version, era: records.eraOf(workspaceId, ledgerId) }
    const missed = records.standingBefore(workspaceId, provedAtMs).find((commit) => {
      const known = records.find(workspaceId, commit)
      return known === undefined || !isIn(known, view)
    })
    checkedViews.set(name, version)
    if (missed === undefined) return
    const beforeMs = provedAtMs - records.committedAtMs(workspaceId, missed)
    throw new BrokenPromise(
      `proof: version ${version} of ${workspaceId} counts as proved without transaction ${missed}, committed ${beforeMs} ms before the proof`,
    )
  }
}

/** A proof is worth something only if the answer has everything that was committed before it, told or not. */
function checkProof(
  records: Records,
  history: readonly Fact[],
  { workspaceId, place }: SeenRead,
  { entry, currentAtMs, status }: SeenAnswer,
  fact: Fact,
): void {
  if (currentAtMs <= entry.createdAtMs) return
  const committedAtMs = (commit: number) => records.committedAtMs(workspaceId, commit)
  const missed = history.find(({ commit }) => commit > fact.commit && committedAtMs(commit) < currentAtMs)
  if (missed === undefined) return
  const beforeMs = currentAtMs - committedAtMs(missed.commit)
  throw new BrokenPromise(
    `proof: ${workspaceId} ${place} was answered (${status}) as proved without transaction ${missed.commit}, committed ${beforeMs} ms before the proof`,
  )
}

/** Finds the entry's body in the past of its place and workspace. */
function factIn(history: readonly Fact[], place: string, { workspaceId, found, body }: SeenEntry): Fact {
  const text = found ? decoder.decode(body) : null
  const fact = history.findLast((known) => known.text === text)
  if (fact !== undefined) return fact
  if (text === null) throw new BrokenPromise(`not found: ${workspaceId} ${place} was always there`)
  const said = bodySchema.safeParse(JSON.parse(text))
  const whose = said.success ? `${said.data.workspaceId} ${said.data.place}` : 'nobody'
  throw new BrokenPromise(`tenant isolation: ${workspaceId} ${place} was given the bytes of ${whose}`)
}

/** An answer that is not proved must be marked, and an entry past its last usable instant must not be served. */
function checkMarks({ workspaceId, place }: SeenRead, answer: SeenAnswer): void {
  const { entry, status, source, isProven, lifetimeSeconds, currentAtMs, arrivedMs, answeredMs } = answer
  const fail = (what: string) => {
    throw new BrokenPromise(`${what}: ${workspaceId} ${place} (${status}, ${source})`)
  }
  const isCached = source !== 'database'
  if (isCached && !isProven && status !== 'STALE') fail('marked: not proved, and not STALE')
  if (isCached && status !== 'HIT' && status !== 'STALE') fail('marked: cached, and neither HIT nor STALE')
  if (!isCached && status === 'HIT') fail('marked: from the database, and HIT')
  if (status === 'HIT' && arrivedMs >= Math.max(entry.createdAtMs, currentAtMs) + lifetimeSeconds * 1000)
    fail('marked: HIT past its lifetime')
  if (isCached && answeredMs >= entry.deleteAtMs) fail('given past its last usable instant')
}
