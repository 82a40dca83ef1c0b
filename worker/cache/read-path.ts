import type { Clock } from '../../shared/clock.ts'
import type { Recorder } from '../events.ts'
import type { Heal, LedgerClient } from '../ledger/ledger-client.ts'
import type { SharedViews } from '../ledger/shared-views.ts'
import type { Views } from '../ledger/view.ts'
import { createViews } from '../ledger/view.ts'
import type { Origin } from '../outbound/origin-client.ts'
import type { TierSlot } from '../tiers/slots.ts'
import { createDemand, type TellDemand } from './ahead/demand.ts'
import { createLoadsAhead } from './ahead/loads-ahead.ts'
import { withPrefetch } from './ahead/next-page.ts'
import { withRenewal } from './ahead/renewal.ts'
import type { AnswerQuestion } from './answer.ts'
import { createAnswer, withOwnAnswers } from './answer.ts'
import { withConsistencyChecks } from './check.ts'
import { createSuspicion } from './comparison.ts'
import { createLoadEntry } from './load.ts'
import type { Reader } from './read.ts'
import { createReader } from './read.ts'
import type { SettingsReader } from './settings-reader.ts'
import { createSettingsReader } from './settings-reader.ts'
import { createShadow } from './shadow.ts'
import { createStore } from './store.ts'
import { createViolations, type Violation } from './violations.ts'

/** Everything that a read path needs from outside, time and randomness included. */
interface ReadPathParts {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  random(): number
  readonly recorder: Recorder
  readonly ledger: LedgerClient
  /** Where the isolates of a location share their views; null if each isolate calls the ledger itself. */
  readonly sharedViews: SharedViews | null
  readonly slots: readonly TierSlot[]
  readonly origin: Pick<Origin, 'load' | 'settings'>
  readonly stalenessBoundMs: number
  readonly staleIfErrorSeconds: number
  /** The share of cached answers that is compared with the origin, 0 to 1. */
  readonly consistencySampleRate: number
  /** The ETag of a body: equal bytes give equal ETags. */
  etagOf(body: Uint8Array): Promise<string>
  /** An instant of the marks' clock, by which a difference is judged later; null if there is none. */
  instant(): Promise<number | null>
  /** Moves tags of a key that was found wrong, and answers whether it did. */
  readonly heal: Heal
  /** Tells the deployment of a proved violation. Never rejects. */
  noteViolation(violation: Violation): Promise<void>
  /** Tells the deployment what is in demand; absent if nothing is loaded ahead after a deploy. */
  readonly tellDemand?: TellDemand | undefined
  /** Logs one line about a violation, so that a person can look into it. */
  report(line: string): void
}

interface ReadPath {
  /** Answers the question of a resource. */
  readonly answer: AnswerQuestion
  readonly settings: SettingsReader
  /** The isolate's views of the ledgers. Memberships are judged by them too, and so are as current as answers. */
  readonly views: Views
  /** Reads one entry by its key, whatever its resource. */
  readonly reader: Reader
}

/**
 * Puts the parts of a read together, for the Worker, the simulation and the tests alike. An answer is read or loaded, a share
 * of the answers is checked against the origin, and the entries that the reader is likely to need next are loaded behind it.
 */
export function createReadPath(parts: ReadPathParts): ReadPath {
  const { clock, random, recorder, ledger, slots, origin, staleIfErrorSeconds } = parts
  const views = createViews({ ledger, clock, boundMs: parts.stalenessBoundMs, shared: parts.sharedViews })
  const store = createStore(slots, { clock, recorder })
  const load = createLoadEntry({ views, store, clock, staleIfErrorSeconds, etagOf: parts.etagOf })
  const reader = createReader({ slots, views, load, store, clock, recorder, random, staleIfErrorSeconds })
  const settings = createSettingsReader({ reader, origin, views, clock, staleIfErrorSeconds })
  const { heal, report, instant, noteViolation: note } = parts
  const judging = {
    ...{ views, recorder, clock },
    suspect: createSuspicion({ clock, instant }),
    violated: createViolations({ clock, heal, note, report }),
  }
  const checked = withConsistencyChecks(createAnswer(reader, settings, origin), {
    ...judging,
    shadow: createShadow(judging),
    ...{ origin, random, sampleRate: parts.consistencySampleRate },
  })
  const loadsAhead = createLoadsAhead({ settings, clock, recorder })
  const { tellDemand: tell } = parts
  const demand = tell === undefined ? null : createDemand({ settings, clock, random, tell })
  const ahead = withRenewal(withPrefetch(checked, loadsAhead), {
    ...{ again: checked, loadsAhead, clock, random, demand },
  })
  return { answer: withOwnAnswers(ahead), settings, reader, views }
}
