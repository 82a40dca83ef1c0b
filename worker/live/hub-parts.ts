import type { Principal } from '../../shared/auth/verify.ts'
import type { Awaitable } from '../../shared/awaitable.ts'
import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { UserId, Version, WorkspaceId } from '../../shared/ids.ts'
import type { Question } from '../../shared/resources/question.ts'
import type { Result } from '../../shared/result.ts'
import type { Recorder } from '../events.ts'
import type { LedgerChanges } from '../ledger/ledger-messages.ts'
import type { LoadedBody } from '../outbound/origin-client.ts'
import type { BodyStore } from './body-store.ts'

/** A client's connection, as a hub uses it. No method throws. */
export interface HubSocket {
  send(text: string): void
  close(code: number, reason: string): void
  /** Keeps a text of at most `limits.liveAttachmentBytesMax` characters of ASCII as long as the connection, through hibernation. */
  attach(text: string): void
  /** The text that was kept last; null if there is none. */
  attached(): string | null
}

/** Everything outside of a hub that it uses. */
export interface HubParts {
  readonly workspaceId: WorkspaceId
  readonly clock: Clock
  /** Uniform in [0, 1). */
  random(): number
  /** Registers the hub at the workspace's ledger, and answers the changes after a version. Null if the ledger does not answer. Never rejects. */
  watch(ledgerId: string | null, version: number): Promise<LedgerChanges | null>
  /**
   * Loads the body of a question from the origin, in the name of the service; null if the thing does not exist. `version` names the
   * ledger and its version before the call. Never rejects.
   */
  load(question: Question, owner: UserId | null, version: string): Promise<LoadedBody>
  etagOf(body: Uint8Array): Promise<string>
  /** Verifies a token as the door does. */
  verify(token: string): Awaitable<Result<Principal, WireError>>
  /** Bodies that survive hibernation. */
  readonly bodies: BodyStore
  /** Sets the object's one alarm. */
  setAlarm(atMs: number): void
  /** Keeps work running although no event waits for it. */
  keepAlive(work: Promise<unknown>): void
  readonly recorder: Recorder
  /** The connections that exist when the hub begins, also when it wakes up from hibernation. */
  readonly sockets: readonly HubSocket[]
}

/** A user at the door of a hub, who was found to be a member of the workspace. */
export interface Joining {
  readonly userId: UserId
  readonly tokenExpiresAtMs: number
  /** The version of the ledger by which the membership was judged. */
  readonly memberAt: { readonly ledgerId: string; readonly version: Version }
}

/**
 * Whether a user may connect. `full`: another hub may have room. `user-full`: the user has too many connections. `ledger-away`: the
 * ledger does not answer. `membership-moved`: the membership has to be judged again, at this version or a later one.
 */
export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'full' | 'user-full' | 'ledger-away' }
  | { readonly kind: 'membership-moved'; readonly version: Version }
