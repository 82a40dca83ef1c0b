import type { InvalidationEvent } from '../../shared/contract/invalidation.ts'
import { hexDigest } from '../../shared/hex-digest.ts'
import type { Move } from '../../shared/tags/moves.ts'
import type { ScopedEvent } from './concerns.ts'
import { concernOf } from './concerns.ts'
import type { LedgerEvent } from './ledger-messages.ts'

/** Half of SHA-256 is enough that no two events of a workspace have the same digest by chance. */
const digestBytes = 16

/**
 * An event of the CRM's backend for its ledger. Two events are the same if all their fields are equal. The order of the fields does
 * not matter, nor whether the event or a header names the workspace. Equal moves alone do not make two events the same.
 */
export async function ledgerEventOf(event: InvalidationEvent): Promise<ScopedEvent> {
  const concern = concernOf(event)
  const { eventId, workspaceId: _workspaceId, ...said } = event
  const shown = { ...concern, detail: said }
  return eventId === undefined ? shown : { ...shown, eventId, digest: await digestOf(said) }
}

/**
 * An event of the outbox for its ledger. The relay cannot send it under another id, so its digest is a part of its id in the
 * ledger. If two events share an id, which can happen after a restore of the database, both are accepted.
 */
export async function outboxLedgerEventOf(eventId: string, moves: readonly Move[]): Promise<LedgerEvent> {
  const digest = await digestOf({ outboxTags: [...new Set(moves)].sort() })
  return { moves, eventId: `${eventId}#${digest}`, digest }
}

/** The digest of an object's members in the order of their names. Undefined members are left out. */
async function digestOf(content: Readonly<Record<string, unknown>>): Promise<string> {
  const members = Object.entries(content).filter(([, value]) => value !== undefined)
  const canonical = JSON.stringify(members.sort(([one], [other]) => (one < other ? -1 : 1)))
  return hexDigest(canonical, digestBytes)
}
