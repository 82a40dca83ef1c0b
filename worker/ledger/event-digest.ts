import type { InvalidationEvent } from '../../shared/contract/invalidation.ts'
import { hexDigest } from '../../shared/hex-digest.ts'
import type { Move } from '../../shared/tags/moves.ts'
import type { ScopedEvent } from './concerns.ts'
import { concernOf } from './concerns.ts'
import type { LedgerEvent } from './ledger-messages.ts'

/** Half of SHA-256: enough that no two events of a workspace ever share one by chance. */
const digestBytes = 16

/**
 * An event of the CRM's backend for its ledger. It is the same as another when all that it says is the same, in whatever
 * order and whether the workspace stands in it or in a header; what it moves does not decide that.
 */
export async function ledgerEventOf(event: InvalidationEvent): Promise<ScopedEvent> {
  const concern = concernOf(event)
  const { eventId, workspaceId: _workspaceId, ...said } = event
  return eventId === undefined ? concern : { ...concern, eventId, digest: await digestOf(said) }
}

/**
 * An event of the outbox for its ledger. The relay could not send it under another id, so its digest is a part of its id
 * there: two events that share an id, as might be after a database was restored, are both taken.
 */
export async function outboxLedgerEventOf(eventId: string, moves: readonly Move[]): Promise<LedgerEvent> {
  const digest = await digestOf({ outboxTags: [...new Set(moves)].sort() })
  return { moves, eventId: `${eventId}#${digest}`, digest }
}

/** Of members by name, whatever order they come in; one that is undefined is none. */
async function digestOf(content: Readonly<Record<string, unknown>>): Promise<string> {
  const members = Object.entries(content).filter(([, value]) => value !== undefined)
  const canonical = JSON.stringify(members.sort(([one], [other]) => (one < other ? -1 : 1)))
  return hexDigest(canonical, digestBytes)
}
