import type { Answer, AnswerStatus } from '../../../client/answer.ts'
import type { ConnectionStatus } from '../../../client/live/connection-status.ts'
import type { ListView } from './board-rows.ts'

/** Everything that says how much the rows on the screen can be relied on. */
export interface FreshnessFacts {
  readonly connection: Pick<ConnectionStatus, 'mode' | 'asOfAgeMs'>
  readonly state: ListView['state']
  /** The rows answer an earlier question, and those of the present one are on their way. */
  readonly isEarlier: boolean
  /** Those of the pages on the screen. */
  readonly statuses: readonly AnswerStatus[]
  /** How old the oldest page on the screen is; null if none is known. */
  readonly oldestAgeMs: number | null
}

/** The screen, as far as it says how fresh it is. */
export interface OnScreen {
  readonly state: ListView['state']
  /** Everything on the screen contains every change up to this version; null if that is not known. */
  readonly version: number | null
  /** Those of the pages on the screen. */
  readonly answers: readonly Pick<Answer<unknown>, 'status' | 'asOfMs' | 'isPending'>[]
}

interface Freshness {
  readonly tone: 'good' | 'busy' | 'warn' | 'bad'
  /** They stand before the version and the age. */
  readonly words: string
  /** The age that the words are about; null if it is not known. */
  readonly ageMs: number | null
  /** One sentence for screen readers, which changes only with the kind of freshness and never with its age. */
  readonly announced: string
}

/** How fresh the list is, in words. Nothing is called current unless the library proves it of every page on the screen. */
export function freshnessOf({
  connection,
  state,
  isEarlier,
  statuses,
  oldestAgeMs,
}: FreshnessFacts): Freshness {
  const ageMs = oldestAgeMs
  const { mode } = connection
  if (isEarlier)
    return {
      tone: 'busy',
      words: 'Looking: what you see is from before, as of',
      ageMs,
      announced: 'Looking for contacts.',
    }
  if (mode === 'offline')
    return { tone: 'bad', words: 'Offline: as of', ageMs, announced: 'Offline. The list does not change.' }
  if (statuses.some((status) => status === 'stale' || status === 'failed'))
    return {
      tone: 'bad',
      words: 'Stale, the server cannot prove it: as of',
      ageMs,
      announced: 'The list is stale.',
    }
  if (mode === 'paused')
    return { tone: 'warn', words: 'Paused: as of', ageMs, announced: 'The list is paused.' }
  if (mode === 'connecting')
    return { tone: 'busy', words: 'Connecting: as of', ageMs, announced: 'The list is being connected.' }
  if (mode === 'polling')
    return {
      tone: 'warn',
      words: 'Polled now and then, not live: as of',
      ageMs,
      announced: 'The list is polled.',
    }
  if (statuses.includes('unproved'))
    return {
      tone: 'warn',
      words: 'Not proved at the moment: as of',
      ageMs,
      announced: 'The list is not proved.',
    }
  // Each page is live. Changes of the last moment may still be on their way to some of them.
  const live = { ageMs: connection.asOfAgeMs ?? ageMs, announced: 'The list is live.' }
  if (state === 'current') return { tone: 'good', words: 'Current as of', ...live }
  if (state === 'mixed')
    return { tone: 'busy', words: 'Live, pages of several versions: as of', ...live, ageMs }
  return { tone: 'busy', words: 'Live, newer rows are on their way: as of', ...live, ageMs }
}
