import type { InvalidationEvent } from '../../shared/contract/invalidation.ts'
import { hexDigest } from '../../shared/hex-digest.ts'
import type { Tag } from '../../shared/tags.ts'
import type { LedgerEvent } from './contract.ts'
import { tagsOf } from './tags.ts'

/** Half of SHA-256: enough that no two events of a workspace ever share one by chance. */
const digestBytes = 16

/**
 * An event of the CRM's backend for its ledger. It is the same as another when all that it says is the same, in whatever
 * order and whether the workspace stands in it or in a header; moving the same tags does not make it the same.
 */
export async function ledgerEventOf(event: InvalidationEvent): Promise<LedgerEvent> {
  const tags = tagsOf(event)
  const { eventId, workspaceId: _workspaceId, ...said } = event
  return eventId === undefined ? { tags } : { tags, eventId, digest: await digestOf(said) }
}

/**
 * An event of the outbox for its ledger. The relay could not send it under another id, so its digest is a part of its id
 * there: two events that share an id, as might be after a database was restored, are both taken.
 */
export async function outboxLedgerEventOf(eventId: string, tags: readonly Tag[]): Promise<LedgerEvent> {
  const digest = await digestOf({ outboxTags: [...new Set(tags)].sort() })
  return { tags, eventId: `${eventId}#${digest}`, digest }
}

/** Of members by name, whatever order they come in; one that is undefined is none. */
async function digestOf(content: Readonly<Record<string, unknown>>): Promise<string> {
  const members = Object.entries(content).filter(([, value]) => value !== undefined)
  const canonical = JSON.stringify(members.sort(([one], [other]) => (one < other ? -1 : 1)))
  return hexDigest(canonical, digestBytes)
}
