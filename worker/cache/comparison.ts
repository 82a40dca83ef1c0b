import type { Clock } from '../../shared/clock.ts'
import { hexDigest } from '../../shared/hex-digest.ts'
import type { Question } from '../../shared/resources/question.ts'
import type { Entry } from '../entry/entry.ts'
import { cacheKey } from '../entry/key.ts'
import type { Inquiry } from './answer.ts'
import { ownerOf } from './answer.ts'
import { placesOfDifference } from './difference-places.ts'
import type { Suspicion } from './suspicions.ts'

/** The result of a comparison of two answers to a question. `unknown`: time alone may change them. */
export type Compared =
  | { readonly outcome: 'consistent' | 'unknown' }
  | { readonly outcome: 'differs'; readonly places: readonly string[] }

/** Compares the parts of two answers that only writes change. */
export function differenceBetween(
  { comparable, resource }: Question,
  one: Pick<Entry, 'found' | 'body'>,
  other: Pick<Entry, 'found' | 'body'>,
): Compared {
  if (comparable === null) return { outcome: 'unknown' }
  // One of them says that there is no such thing.
  if (one.found !== other.found) return { outcome: 'differs', places: ['$'] }
  if (!one.found) return { outcome: 'consistent' }
  const [left, right] = [comparable(one.body), comparable(other.body)]
  if (left === right) return { outcome: 'consistent' }
  return { outcome: 'differs', places: placesOfDifference(resource, left, right) }
}

/** Makes a suspicion of a difference; null if there is no instant to judge it by. */
export type CreateSuspicion = (
  inquiry: Inquiry,
  entry: Entry,
  seen: Pick<Suspicion, 'viewAgeMs' | 'ageMs' | 'places'>,
) => Promise<Suspicion | null>

interface SuspicionOptions {
  readonly clock: Clock
  /** An instant of the marks' clock that is later than everything before the call; null if it is not to be had. */
  instant(): Promise<number | null>
}

export function createSuspicion({ clock, instant }: SuspicionOptions): CreateSuspicion {
  return async ({ workspaceId, question, caller }, { stamp, tags, etag }, seen) => {
    const instantMs = await instant()
    const owner = ownerOf(question, caller)
    if (instantMs === null || !owner.ok) return null
    // A digest identifies the key in the log without its parameters, which may hold a person's name.
    const keyDigest = await hexDigest(await cacheKey(question, workspaceId, owner.value), 8)
    const resource = question.resource.name
    return { ...seen, workspaceId, resource, keyDigest, stamp, tags, etag, instantMs, atMs: clock.now() }
  }
}
