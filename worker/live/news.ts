import type { UserId, Version } from '../../shared/ids.ts'
import type { Copy } from '../ledger/moved-tags.ts'
import type { Show } from './connection.ts'

/** The news for a client about a question, and the entry that it holds afterwards; null if that is not known. */
type News =
  | { readonly kind: 'nothing'; readonly holds: string }
  /** The entry that it holds is current. */
  | { readonly kind: 'shown'; readonly holds: string }
  /** The JSON text of a difference. */
  | { readonly kind: 'changed'; readonly from: string; readonly holds: string; readonly difference: string }
  /** It has to ask for itself, at least for a version. */
  | { readonly kind: 'moved'; readonly version: Version; readonly holds: string | null }

/** The news from what a client holds to the last generation of a question. */
export function newsOf({ question, etag, toldTo }: Show, userId: UserId, copy: Copy): News {
  const { entry, knownTo, isStale } = question
  if (entry === null) return { kind: 'moved', version: knownTo, holds: null }
  const holds = entry.etag
  const isOwn = question.hasOwn(userId)
  // No frame can name an absence. A client whose answer was an older one would never hear of it if nothing was said.
  if (etag === holds && !isOwn)
    return entry.found ? { kind: 'shown', holds } : { kind: 'moved', version: knownTo, holds }
  const hasAsked = etag === null && toldTo !== null && !question.hasMovedSince(copy, toldTo)
  if (hasAsked) return { kind: 'nothing', holds }
  const difference = etag === null || isOwn ? null : question.differenceFrom(etag, userId)
  if (etag !== null && difference !== null) return { kind: 'changed', from: etag, holds, difference }
  // If it has moved again, clients ask for the newest version at once: the next load then brings no news to them.
  return isStale
    ? { kind: 'moved', version: copy.version, holds: null }
    : { kind: 'moved', version: knownTo, holds }
}
