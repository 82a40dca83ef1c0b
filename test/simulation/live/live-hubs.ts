import { withinDeadline } from '../../../shared/clock.ts'
import { type HubFrame, liveCloseCodes } from '../../../shared/contract/live.ts'
import type { UserId, WorkspaceId } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { Question } from '../../../shared/resources/question.ts'
import { err, ok } from '../../../shared/result.ts'
import type { HubAnswer, Told } from '../../../worker/ledger/hub-messages.ts'
import type { Admission, HubParts, Joining } from '../../../worker/live/hub-parts.ts'
import type { Dice } from '../../support/dice.ts'
import type { Database } from '../database.ts'
import { nameOf, placeAsked, workspaceIds } from '../questions.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Trace } from '../trace.ts'
import type { Way } from '../way.ts'
import { type AcceptedSocket, createHubHost, type HubHost } from './hub-host.ts'
import type { LiveChecker } from './live-checker.ts'
import type { LiveHappening } from './live-happenings.ts'
import type { LiveLedgers } from './live-ledgers.ts'

/** The hubs of all workspaces, one each, and the network to them from their ledgers. */
export interface LiveHubs {
  tell(hubName: string, told: Told): Promise<HubAnswer>
  /** Asks the hub to let somebody in, and gives it the connection if it does. */
  join(workspaceId: WorkspaceId, joining: Joining, accept: () => AcceptedSocket): Promise<Admission>
  heard(workspaceId: WorkspaceId, socket: AcceptedSocket, text: string): void
  closed(workspaceId: WorkspaceId, socket: AcceptedSocket): void
  restart(workspaceId: WorkspaceId): void
  /** Calls arrive once from now on. */
  calm(): void
}

interface LiveHubsOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly trace: Trace<LiveHappening>
  readonly ways: { readonly teller: Way; readonly watch: Way; readonly origin: Way }
  readonly ledgers: LiveLedgers
  readonly checker: LiveChecker
  databaseOf(workspaceId: WorkspaceId): Database
  watched(work: () => void): void
}

const encoder = new TextEncoder()
const hubNameOf = (workspaceId: WorkspaceId) => `${workspaceId}#0`

export function createLiveHubs(options: LiveHubsOptions): LiveHubs {
  const { scheduler, dice, trace, ways } = options
  const hosts = new Map(workspaceIds.map((id) => [id, createHost(id, options)]))
  const hostOf = (workspaceId: WorkspaceId) => {
    const host = hosts.get(workspaceId)
    if (host === undefined) throw new Error(`${workspaceId} has no hub`)
    return host
  }
  let repeatedShare = dice.pick([0, 0, 0.1])
  planHibernation(options, [...hosts.values()])
  return {
    tell(hubName, told) {
      const workspaceId = workspaceIds.find((id) => hubNameOf(id) === hubName)
      if (workspaceId === undefined) throw new Error(`nobody should tell ${hubName}`)
      const call = () => ways.teller.cross(() => hostOf(workspaceId).tell(told))
      if (dice.happens(repeatedShare)) {
        trace.happened('a call to a hub is repeated')
        scheduler.schedule(() => void call().catch(() => undefined), dice.between(0, 8_000))
      }
      return call()
    },
    async join(workspaceId, joining, accept) {
      const host = hostOf(workspaceId)
      const admission = await host.admit(joining)
      if (admission.kind === 'admitted') host.accept(accept(), joining)
      return admission
    },
    heard(workspaceId, socket, text) {
      trace.note('frame', () => `from ${socket.client}: ${text}`)
      hostOf(workspaceId).heard(socket, text)
    },
    closed: (workspaceId, socket) => hostOf(workspaceId).closed(socket),
    restart: (workspaceId) => hostOf(workspaceId).restart(),
    calm() {
      repeatedShare = 0
    },
  }
}

/** An idle object leaves the memory: at once in some runs, after a while in others. */
function planHibernation({ scheduler, dice, trace }: LiveHubsOptions, hosts: readonly HubHost[]): void {
  const everyMs = dice.pick([50, 2_000, 10_000, 60_000])
  const look = () => {
    for (const host of hosts) if (host.hibernate()) trace.happened('a hub hibernates with sockets')
    scheduler.schedule(look, dice.between(1, 2 * everyMs))
  }
  scheduler.schedule(look, everyMs)
}

function createHost(workspaceId: WorkspaceId, options: LiveHubsOptions): HubHost {
  const { scheduler, dice, trace, ways, ledgers, checker, watched } = options
  return createHubHost({
    ...{ workspaceId, scheduler, dice },
    offsetMs: dice.between(-50, 50),
    watch: (ledgerId, version) =>
      withinDeadline(
        scheduler,
        limits.ledgerDeadlineMs,
        () =>
          ways.watch
            .cross(() => ledgers.watch(workspaceId, hubNameOf(workspaceId), ledgerId, version))
            .catch(() => null),
        null,
      ),
    load: createLoad(workspaceId, options),
    sends(socket, frame) {
      noteFrame(trace, socket, frame)
      const { client, userId, tokenExpiresAtMs, end } = socket
      if (end.isOpen() && frame.type !== 'refused')
        watched(() => checker.sends({ client, workspaceId, userId, tokenExpiresAtMs }))
    },
    closes({ client }, code) {
      trace.note('closes', () => `the socket of ${client} with ${code}`)
      if (code === liveCloseCodes.tokenExpired)
        trace.happened('a hub closes a socket of a token that expired')
      if (code === liveCloseCodes.membershipMoved)
        trace.happened('a hub closes a socket of a moved membership')
    },
    wokeUp(sockets) {
      if (sockets > 0) trace.happened('a hub wakes up')
    },
  })
}

/** How long the origin may answer a load with what it read for another load of the same version. */
const joinedMs = 500

/** The origin, which may let loads of the same question and version join one that is under way. */
function createLoad(workspaceId: WorkspaceId, options: LiveHubsOptions): HubParts['load'] {
  const { scheduler, dice, ways, databaseOf } = options
  const isJoining = dice.happens(0.5)
  const last = new Map<string, { readonly version: string; readonly readAtMs: number; readonly text: string | null }>()
  const read = (question: Question, owner: UserId | null, version: string): string | null => {
    const place = placeAsked(question, owner)
    const name = nameOf(place)
    const before = last.get(name)
    const isUnderWay = before?.version === version && scheduler.now() - before.readAtMs <= joinedMs
    if (isJoining && isUnderWay && before !== undefined) return before.text
    const text = databaseOf(workspaceId).read(place)
    last.set(name, { version, readAtMs: scheduler.now(), text })
    return text
  }
  const away = err({ code: 'origin_unavailable' } as const)
  return (question, owner, version) =>
    withinDeadline<Awaited<ReturnType<HubParts['load']>>>(
      scheduler,
      limits.originDeadlineMs,
      async () => {
        const loading = ways.origin.cross(() => read(question, owner, version))
        return loading.then(
          (text) => ok(text === null ? null : encoder.encode(text)),
          () => away,
        )
      },
      err({ code: 'origin_timeout' }),
    )
}

/** Counts what a hub sends. */
function noteFrame(trace: Trace<LiveHappening>, { client, resumed }: AcceptedSocket, frame: HubFrame): void {
  if ('id' in frame && frame.id !== null && resumed.delete(frame.id)) {
    if (frame.type === 'shown') trace.happened('a resume is confirmed')
    if (frame.type === 'changed') trace.happened('a resume gets a difference')
  }
  trace.note('frame', () => `to ${client}: ${textOf(frame)}`)
  const happened = happeningOf[frame.type]
  if (happened !== undefined) trace.happened(happened)
}

function textOf(frame: HubFrame): string {
  const { type } = frame
  if (type === 'proof' || type === 'welcome') return `${type} of ${frame.version}, ${frame.asOfAgeMs} ms old`
  if (type === 'shown') return `${frame.id} ${type} ${frame.version} ${frame.etag}`
  if (type === 'changed') return `${frame.id} ${type} ${frame.version} ${frame.from} to ${frame.to}`
  return type === 'moved' ? `${frame.id} ${type} ${frame.version}` : JSON.stringify(frame)
}

const happeningOf: Readonly<Partial<Record<HubFrame['type'], LiveHappening>>> = {
  shown: 'a question is confirmed',
  changed: 'a difference is sent',
  moved: 'a question is told to have moved',
  proof: 'a proof is sent',
  renewed: 'a token is renewed',
}
