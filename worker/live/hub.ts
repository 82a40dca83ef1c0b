import type { HubAnswer, Told } from '../ledger/hub-messages.ts'
import type { Admission, HubParts, HubSocket, Joining } from './hub-parts.ts'

/** The live boards of one workspace, or a share of them: see README.md. */
export class Hub {
  readonly parts: HubParts

  constructor(parts: HubParts) {
    this.parts = parts
  }

  /** Whether a user may connect now. To be asked before the connection is accepted, and followed by `connected`. */
  async admit(joining: Joining): Promise<Admission> {
    return joining.tokenExpiresAtMs > this.parts.clock.now() ? { kind: 'admitted' } : { kind: 'full' }
  }

  /** Takes a connection that was admitted. */
  connected(_socket: HubSocket, _joining: Joining): void {
    return
  }

  /** Takes a frame of a client. */
  async message(_socket: HubSocket, _text: string): Promise<void> {
    return
  }

  /** Forgets a connection that has ended. */
  closed(_socket: HubSocket): void {
    return
  }

  /** Takes changes that the ledger tells. */
  tell(_told: Told): HubAnswer {
    return 'gone'
  }

  /** For the object's alarm. */
  async alarm(): Promise<void> {
    return
  }
}
