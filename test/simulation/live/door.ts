import type { UserId, WorkspaceId } from '../../../shared/ids.ts'
import type { Dice } from '../../support/dice.ts'
import type { Database } from '../database.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Trace } from '../trace.ts'
import type { AcceptedSocket } from './hub-host.ts'
import { createLine, type EndHandlers, goodLine, type Line } from './lines.ts'
import type { Watcher } from './live-checker.ts'
import type { LiveHappening } from './live-happenings.ts'
import type { LiveHubs } from './live-hubs.ts'
import type { LiveLedgers } from './live-ledgers.ts'
import { verifyToken } from './tokens.ts'

/** The Worker's door for connections: it verifies the token, finds the membership, and asks the hub. */
export interface Door {
  isMember(workspaceId: WorkspaceId, userId: UserId): boolean
  connect(
    watcher: Watcher,
    token: string,
    handlers: EndHandlers,
    began: (line: Line) => void,
  ): Promise<'refused' | 'begun'>
}

interface DoorOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly trace: Trace<LiveHappening>
  readonly stalenessBoundMs: number
  readonly hubs: LiveHubs
  databaseOf(workspaceId: WorkspaceId): Database
  headOf: LiveLedgers['headOf']
  answeredByPlatform(text: string): string | null
}

/** The tries to find a membership that its ledger has not moved past meanwhile. */
const admissionsMax = 3

const misbehaving = {
  lost: 'a frame is lost',
  repeated: 'a frame is repeated',
  overtaken: 'a frame overtakes another',
} as const

export function createDoor(options: DoorOptions): Door {
  const { scheduler, dice, stalenessBoundMs, hubs, databaseOf, headOf } = options
  const pause = (ms: number) => new Promise<void>((resolve) => scheduler.schedule(resolve, ms))
  const isMember = (workspaceId: WorkspaceId, userId: UserId) =>
    databaseOf(workspaceId).tables.memberIds.has(userId)

  /** A membership as the Worker knows it: of the bound ago, unless the hub has asked for a version. */
  async function membershipOf(workspaceId: WorkspaceId, userId: UserId, isUrgent: boolean) {
    const { ledgerId, version } = headOf(workspaceId)
    const found = isMember(workspaceId, userId)
    await pause(dice.between(0, isUrgent ? 50 : stalenessBoundMs))
    return { found, memberAt: { ledgerId, version } }
  }

  return {
    isMember,
    async connect(watcher, token, handlers, began) {
      const { workspaceId } = watcher
      for (let attempt = 0; attempt < admissionsMax; attempt += 1) {
        const verified = verifyToken(token, scheduler.now())
        if (!verified.ok) return 'refused'
        const { userId, expiresAtMs: tokenExpiresAtMs } = verified.value
        const { found, memberAt } = await membershipOf(workspaceId, userId, attempt > 0)
        if (!found) return 'refused'
        const joining = { userId, tokenExpiresAtMs, memberAt }
        const accept = () => {
          const { line, socket } = connection(options, watcher, tokenExpiresAtMs, handlers)
          began(line)
          return socket
        }
        const admission = await hubs.join(workspaceId, joining, accept)
        if (admission.kind === 'admitted') return 'begun'
        if (admission.kind !== 'membership-moved') return 'refused'
      }
      return 'refused'
    },
  }
}

/** A new connection between a browser and a hub. */
function connection(
  { scheduler, dice, trace, hubs, answeredByPlatform }: DoorOptions,
  { client, workspaceId, userId }: Watcher,
  tokenExpiresAtMs: number,
  handlers: EndHandlers,
): { readonly line: Line; readonly socket: AcceptedSocket } {
  const line: Line = createLine({
    ...{ scheduler, dice, answeredByPlatform },
    faults: goodLine,
    client: handlers,
    hub: {
      opened: () => undefined,
      heard: (text) => hubs.heard(workspaceId, socket, text),
      closed: () => hubs.closed(workspaceId, socket),
    },
    misbehaved: (what) => trace.happened(misbehaving[what]),
  })
  const socket: AcceptedSocket = {
    ...{ client, userId, tokenExpiresAtMs },
    end: line.hub,
    attachment: null,
    offeredExpiresAtMs: null,
    resumed: new Set(),
    sever: () => line.sever(),
  }
  return { line, socket }
}
