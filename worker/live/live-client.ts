import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { versionSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Admission } from './hub-parts.ts'
import type { LiveArrival } from './live-arrival.ts'
import { arrivalHeader } from './live-arrival.ts'

/** The part of a hub's answer that is used. */
interface HubResponse {
  readonly webSocket?: Response['webSocket']
  json(): Promise<unknown>
}

/** A hub, as far as the Worker calls it. The stub of the Durable Object has this type. */
interface HubStub {
  fetch(url: string, init: { readonly headers: Record<string, string> }): Promise<HubResponse>
}

/** An open connection, or the reason why no hub took the client. `away`: the hub did not answer. */
export type LiveOpened =
  | { readonly kind: 'open'; readonly webSocket: NonNullable<Response['webSocket']> }
  | Exclude<Admission, { kind: 'admitted' }>
  | { readonly kind: 'away' }

/** Brings clients to the hubs of their workspaces. Never rejects. */
export interface LiveClient {
  open(workspaceId: WorkspaceId, joining: LiveArrival['joining'], location: string): Promise<LiveOpened>
}

const refusedSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['full', 'user-full', 'ledger-away']) }),
  z.object({ kind: z.literal('membership-moved'), version: versionSchema }),
])

const away: LiveOpened = { kind: 'away' }

/** A hub is chosen by its number: the one that had room last, and the next ones while a hub is full. */
export function createLiveClient(stubOf: (hubName: string) => HubStub, clock: Clock): LiveClient {
  const lastNumbers = new LRUCache<WorkspaceId, number>({ max: limits.isolateViewsMax })

  async function call(stub: HubStub, arrival: LiveArrival): Promise<LiveOpened> {
    try {
      const headers = { Upgrade: 'websocket', [arrivalHeader]: JSON.stringify(arrival) }
      const response = await stub.fetch('https://hub/', { headers })
      const webSocket = response.webSocket ?? null
      if (webSocket !== null) return { kind: 'open', webSocket }
      const refused = refusedSchema.safeParse(await response.json())
      return refused.success ? refused.data : away
    } catch {
      return away
    }
  }

  return {
    async open(workspaceId, joining, location) {
      const first = lastNumbers.get(workspaceId) ?? 0
      for (let tried = 0; tried < limits.liveHubsMax; tried += 1) {
        const number = (first + tried) % limits.liveHubsMax
        const name = `${workspaceId}#${number}`
        const arrival = { hub: { name, workspaceId, location }, joining }
        const opened = await withinDeadline(
          clock,
          limits.liveOpenDeadlineMs,
          () => call(stubOf(name), arrival),
          away,
        )
        if (opened.kind === 'full') continue
        lastNumbers.set(workspaceId, number)
        return opened
      }
      return { kind: 'full' }
    },
  }
}
