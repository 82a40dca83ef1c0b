import type { UserId, WorkspaceId } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { Fact } from '../database.ts'
import { BrokenPromise, isIn, type Records } from '../records.ts'
import type { Failures } from './failures.ts'
import { contentOf, presentedTo, type Shown } from './screens.ts'

/**
 * Holds promise 5 (nothing missed): a browser that shows something as current has every change to it within the bound, or knows that it is
 * not proved. It compares what a screen shows with the past of the database and with the instants at which the ledger wrote something
 * down, and shares nothing with the hub or the client: no tags, no versions of frames, no ETags.
 */
export interface LiveChecker {
  /** Checks what a browser shows at this moment. */
  shows(who: Watcher, shown: Shown, seen: Seen): void
  /** Says what a browser that should show the present state of the database shows instead; null if it shows that. */
  untrue(who: Watcher, shown: Shown, data: unknown): string | null
  /** Checks that what a hub says to have told is everything that happened up to the instants that it names. */
  proves(workspaceId: WorkspaceId, proof: SeenProof): void
  /** Checks that a hub confirms what a client holds at no older version than the client's. */
  confirms(who: Pick<Watcher, 'client' | 'workspaceId'>, version: number, leastVersion: number): void
  /** Checks that a hub still may send to a socket. */
  sends(to: Recipient): void
}

export interface Watcher {
  readonly client: string
  readonly workspaceId: WorkspaceId
  readonly userId: UserId
}

/** The answer that a browser shows for a question. */
export interface Seen {
  readonly isCurrent: boolean
  /** Null if the thing does not exist, undefined if nothing was answered yet. */
  readonly data: unknown
  /** The instant up to which the browser says to know everything, by the world's clock; null if it says none. */
  readonly asOfMs: number | null
}

/** The part of a frame with which a hub says how old its knowledge is. */
export interface SeenProof {
  readonly ledger: string
  readonly version: number
  readonly asOfAgeMs: number
  readonly provedAgeMs: number | null
}

/** The reader of a socket to which a hub sends. */
export interface Recipient extends Watcher {
  readonly tokenExpiresAtMs: number
}

/** A membership, from the transaction that changed it. */
interface Membership {
  readonly commit: number
  readonly isMember: boolean
}

interface CheckerOptions {
  readonly records: Records
  readonly failures: Failures
  nowMs(): number
  historyOf(workspaceId: WorkspaceId, place: string): readonly Fact[]
  /** The memberships that a user had, the first one last. */
  membershipsOf(workspaceId: WorkspaceId, userId: UserId): readonly Membership[]
}

/**
 * However much fails, a browser believes no longer than the lifetime of a proof. A proof counts from the call to the ledger, which may
 * have taken its deadline.
 */
const believedMaxMs = limits.liveProofLifetimeMs + limits.ledgerDeadlineMs + 1_000
/** The clocks of a hub, of its ledger and of the marks. */
const clocksDifferMs = 100
/**
 * How much later than the instant of its proof a browser may place it: the time that the frame was on its way. For an answer over HTTP it
 * names the instant of its request, and the staleness bound is as long.
 */
const onItsWayMs = 1_000
/**
 * A browser asks the API first for what it begins to show, and the hub's word comes later. Such an answer may lack whatever was written
 * down within the staleness bound before it, and counts for this long from the instant at which it was asked for
 * (worker/client/README.md, "What an answer says"). The browser names that instant, and `onItsWayMs`, which is no less than the staleness
 * bound, keeps it from naming a later one. So a change may be missing for both together, however soon the hub would have told it.
 */
const answerCountsMs = 1_000

export function createLiveChecker(options: CheckerOptions): LiveChecker {
  const { records, failures, nowMs, historyOf } = options
  const contents = createContents(historyOf)
  /** Answers that were shown as not proved, and were found in the past. */
  const onceTrue = new WeakSet<Seen>()

  /** The promise that is broken if a browser lacks something that its ledger wrote down at an instant; null if none is. */
  function brokenBy(who: Watcher, asOfMs: number | null, writtenAtMs: number) {
    if (asOfMs !== null && writtenAtMs < asOfMs - onItsWayMs)
      return { promise: 'proof', because: `, and as proved up to ${nowMs() - asOfMs} ms ago` }
    if (nowMs() - writtenAtMs > believedMaxMs)
      return { promise: 'nothing missed', because: ', longer than any proof lasts' }
    const answerCountsUntilMs = (asOfMs ?? Number.NEGATIVE_INFINITY) + answerCountsMs
    if (nowMs() > failures.dueAtMs(who, writtenAtMs, answerCountsUntilMs))
      return { promise: 'nothing missed', because: '' }
    return null
  }

  return {
    ...createHubChecks(options),

    untrue({ workspaceId, userId }, shown, data) {
      const fact = data === undefined ? undefined : contents.find(workspaceId, userId, shown, data)
      const now = historyOf(workspaceId, shown.name).at(-1)
      if (fact === now) return null
      return `shows ${shown.name} of transaction ${fact?.commit}, and in the database it is of ${now?.commit}`
    },

    shows(who, shown, seen) {
      const { client, workspaceId, userId } = who
      const { isCurrent, data, asOfMs } = seen
      if (data === undefined || (!isCurrent && onceTrue.has(seen))) return
      const history = historyOf(workspaceId, shown.name)
      const fact = contents.find(workspaceId, userId, shown, data)
      const what = `${client} of ${workspaceId} shows ${shown.name}`
      if (fact === undefined)
        throw new BrokenPromise(`never true: ${what} as the database never was: ${contentOf(data)}`)
      if (!isCurrent) onceTrue.add(seen)
      if (!isCurrent || history.at(-1) === fact) return
      for (const { commit } of history.slice(history.indexOf(fact) + 1)) {
        const written = records.find(workspaceId, commit)
        const broken = written === undefined ? null : brokenBy(who, asOfMs, written.atMs)
        if (written === undefined || broken === null) continue
        const lateMs = nowMs() - written.atMs
        throw new BrokenPromise(
          `${broken.promise}: ${what} as current without transaction ${commit}, in the ledger for ${lateMs} ms${broken.because}`,
        )
      }
    },
  }
}

/** The checks of what hubs send. */
function createHubChecks({
  records,
  failures,
  nowMs,
  membershipsOf,
}: CheckerOptions): Pick<LiveChecker, 'proves' | 'confirms' | 'sends'> {
  return {
    proves(workspaceId, { ledger, version, asOfAgeMs, provedAgeMs }) {
      const known = { version, era: records.eraOf(workspaceId, ledger) }
      const asOfMs = nowMs() - asOfAgeMs - clocksDifferMs
      const provedMs = nowMs() - (provedAgeMs ?? Number.POSITIVE_INFINITY) - clocksDifferMs
      for (const commit of records.standingBefore(workspaceId, nowMs())) {
        const written = records.find(workspaceId, commit)
        if (written !== undefined && isIn(written, known)) continue
        const isTold = written === undefined || written.atMs >= asOfMs
        if (isTold && records.committedAtMs(workspaceId, commit) >= provedMs) continue
        throw new BrokenPromise(
          `proof: a hub of ${workspaceId} says that version ${version} has everything of ${asOfAgeMs} ms ago, and it has not transaction ${commit}`,
        )
      }
    },

    confirms({ client, workspaceId }, version, leastVersion) {
      if (version >= leastVersion) return
      throw new BrokenPromise(
        `confirmed below: a hub of ${workspaceId} confirms version ${version} to ${client}, which knows ${leastVersion}`,
      )
    },

    sends({ client, workspaceId, userId, tokenExpiresAtMs }) {
      const who = { client, workspaceId }
      const whose = `${client} of ${workspaceId}`
      if (nowMs() > failures.dueAtMs(who, tokenExpiresAtMs))
        throw new BrokenPromise(
          `cut off: a hub sends to ${whose}, whose token expired ${nowMs() - tokenExpiresAtMs} ms ago`,
        )
      const left = membershipsOf(workspaceId, userId).at(-1)
      if (left === undefined || left.isMember) return
      const written = records.find(workspaceId, left.commit)
      if (written !== undefined && nowMs() > failures.dueAtMs(who, written.atMs))
        throw new BrokenPromise(
          `cut off: a hub sends to ${whose}, who left with transaction ${left.commit}, in the ledger for ${nowMs() - written.atMs} ms`,
        )
    },
  }
}

/** Finds what a screen shows in the past of its place. */
function createContents(historyOf: CheckerOptions['historyOf']) {
  const known = new Map<string, { facts: number; readonly byContent: Map<string, Fact> }>()
  /** Screens keep their data until it changes, so most comparisons are of the same object as before. */
  const found = new WeakMap<object, { readonly shown: Shown; readonly fact: Fact }>()

  function byContentOf(workspaceId: WorkspaceId, userId: UserId, { place, name }: Shown): Map<string, Fact> {
    const key = JSON.stringify([workspaceId, userId, name])
    const contents = known.get(key) ?? { facts: 0, byContent: new Map<string, Fact>() }
    known.set(key, contents)
    const history = historyOf(workspaceId, name)
    for (const fact of history.slice(contents.facts)) {
      const data = fact.text === null ? null : presentedTo(userId, place, fact.text)
      contents.byContent.set(contentOf(data), fact)
    }
    contents.facts = history.length
    return contents.byContent
  }
  return {
    find(workspaceId: WorkspaceId, userId: UserId, shown: Shown, data: unknown): Fact | undefined {
      const isObject = typeof data === 'object' && data !== null
      const before = isObject ? found.get(data) : undefined
      if (before?.shown === shown) return before.fact
      const fact = byContentOf(workspaceId, userId, shown).get(contentOf(data))
      if (isObject && fact !== undefined) found.set(data, { shown, fact })
      return fact
    },
  }
}
