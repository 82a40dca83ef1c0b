import type { UserId } from '../../../shared/ids.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import type { Served } from '../../../shared/resources/served.ts'
import { nameOf, type Place } from '../questions.ts'

/**
 * The content of an answer as text, so that two can be compared; the text is the same for the same content. Members that tell where an
 * answer came from, whose names begin with `_`, are no content.
 */
export function contentOf(data: unknown): string {
  return JSON.stringify(sorted(data))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.startsWith('_'))
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  )
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The `data` that a user is shown, made of the database's text for a place. */
export function presentedTo(userId: UserId, place: Place, text: string): unknown {
  const resource = place.boardId === null ? contactCounts : contactList
  const parts = resource.present(encoder.encode(text), servedTo(userId))
  return JSON.parse(parts.map((part) => decoder.decode(part)).join(''))
}

function servedTo(userId: UserId): Served {
  return {
    ...{ status: 'MISS', source: 'database', ttlSeconds: 60, ageSeconds: 0, provedAgeSeconds: 0 },
    ...{ edgeLocation: 'AMS', responseTimeMs: 1, retrievedAtMs: 0, isCacheEnabled: true, userId },
  }
}

/** A place with its name in the history of the database. */
export interface Shown {
  readonly place: Place
  readonly name: string
}

export function shownAt(place: Place): Shown {
  return { place, name: nameOf(place) }
}
