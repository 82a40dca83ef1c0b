import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../../shared/clock.ts'
import { clientFrameSchema, type HubFrame } from '../../../shared/contract/live.ts'
import type { UserId, WorkspaceId } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { etagOf } from '../../../worker/entry/entry.ts'
import type { Recorder } from '../../../worker/events.ts'
import type { HubAnswer, Told } from '../../../worker/ledger/hub-messages.ts'
import { createBodyStore } from '../../../worker/live/body-store.ts'
import { Hub } from '../../../worker/live/hub.ts'
import type { Admission, HubParts, HubSocket, Joining } from '../../../worker/live/hub-parts.ts'
import { createSqlStorage } from '../../support/book-storage.ts'
import type { Dice } from '../../support/dice.ts'
import { createLivingClock, during, heardWhileAlive, type Life } from '../life.ts'
import type { Scheduler } from '../scheduler.ts'
import type { LineEnd } from './lines.ts'
import { verifyToken } from './tokens.ts'

/** The Durable Object of a hub: what is on its disk, the machine that it runs on, and the sockets that the platform holds for it. */
export interface HubHost {
  tell(told: Told): Promise<HubAnswer>
  admit(joining: Joining): Promise<Admission>
  /** Takes a connection. The handlers are those of its hub's end. */
  accept(socket: AcceptedSocket, joining: Joining): void
  heard(socket: AcceptedSocket, text: string): void
  closed(socket: AcceptedSocket): void
  /** Moves the object to another machine: what it was doing ends, and its sockets break. */
  restart(): void
  /** Forgets what is in memory if the object is idle. Answers whether it was awake. */
  hibernate(): boolean
}

/** A connection that the platform holds, also while the hub hibernates. */
export interface AcceptedSocket {
  readonly end: LineEnd
  readonly client: string
  readonly userId: UserId
  attachment: string | null
  /** The token by which it may stay. */
  tokenExpiresAtMs: number
  /** A token that the client has sent and the hub has not confirmed. */
  offeredExpiresAtMs: number | null
  /** The questions that the client has shown with what it held, and about which it was told nothing yet. */
  readonly resumed: Set<number>
  /** The least version at which each question may be confirmed, as the client has asked. */
  readonly demanded: Map<number, number>
  /** Breaks the connection. */
  sever(): void
}

export interface HubHostOptions {
  readonly workspaceId: WorkspaceId
  readonly scheduler: Scheduler
  readonly dice: Dice
  /** How far the machine's clock is from the world's. */
  readonly offsetMs: number
  watch: HubParts['watch']
  load: HubParts['load']
  /** Called before a frame is sent. */
  sends(socket: AcceptedSocket, frame: HubFrame): void
  /** Called before a socket is closed. */
  closes(socket: AcceptedSocket, code: number): void
  wokeUp(sockets: number): void
}

/** A hub in the memory of a machine. */
interface Awake {
  readonly hub: Hub
  readonly life: Life & { isEnded: boolean }
  readonly busy: Busy
}

/** The number of calls and timers under way, which keep an object in memory. */
interface Busy {
  count: number
}

const recorder: Recorder = { record() {} }

export function createHubHost(options: HubHostOptions): HubHost {
  const { scheduler } = options
  const storage = createSqlStorage(new DatabaseSync(':memory:'))
  const sockets = new Map<AcceptedSocket, HubSocket>()
  let awake: Awake | null = null
  let cancelAlarm = () => {}

  const setAlarm = (atMs: number) => {
    cancelAlarm()
    const delayMs = atMs - scheduler.now() - options.offsetMs
    cancelAlarm = scheduler.schedule(() => void handle((hub) => hub.alarm()), delayMs)
  }
  const begin = (): Awake => {
    const life = { isEnded: false, isOver: () => life.isEnded }
    const busy = { count: 0 }
    const parts = partsOf(options, storage, busy, [...sockets.values()], setAlarm)
    return { life, busy, hub: during(life, () => new Hub(parts)) }
  }
  /** Lets the hub handle an event, and wakes it up for that. Work that the event waits for keeps it awake. */
  function handle<Value>(act: (hub: Hub) => Value | Promise<Value>): Promise<Value> {
    if (awake === null) {
      options.wokeUp(sockets.size)
      awake = begin()
    }
    const here = awake
    return during(here.life, () => held(here.busy, async () => act(here.hub)))
  }
  const end = () => {
    if (awake !== null) awake.life.isEnded = true
    awake = null
  }
  return {
    tell: (told) => handle((hub) => hub.tell(told)),
    admit: (joining) => handle((hub) => hub.admit(joining)),
    accept(socket, joining) {
      const kept = heldSocket(socket, options)
      sockets.set(socket, kept)
      void handle((hub) => hub.connected(kept, joining))
    },
    heard(socket, text) {
      const kept = sockets.get(socket)
      if (kept === undefined) return
      noteFrame(socket, text)
      void handle((hub) => hub.message(kept, text))
    },
    closed(socket) {
      const kept = sockets.get(socket)
      sockets.delete(socket)
      if (kept !== undefined) void handle((hub) => hub.closed(kept))
    },
    restart() {
      end()
      for (const { sever } of sockets.keys()) sever()
      sockets.clear()
    },
    hibernate() {
      if (awake === null || awake.busy.count > 0) return false
      end()
      return sockets.size > 0
    },
  }
}

/** Counts work that keeps an object awake. */
async function held<Value>(busy: Busy, work: () => Promise<Value>): Promise<Value> {
  busy.count += 1
  try {
    return await work()
  } finally {
    busy.count -= 1
  }
}

function partsOf(
  options: HubHostOptions,
  storage: ReturnType<typeof createSqlStorage>,
  busy: Busy,
  sockets: readonly HubSocket[],
  setAlarm: (atMs: number) => void,
): HubParts {
  const { workspaceId, scheduler, dice, offsetMs, watch, load } = options
  const living = createLivingClock(scheduler, offsetMs)
  const clock: Clock = {
    now: living.now,
    schedule(callback, delayMs) {
      let isOver = false
      const over = () => {
        if (!isOver) busy.count -= 1
        isOver = true
      }
      busy.count += 1
      const cancel = living.schedule(() => {
        over()
        callback()
      }, delayMs)
      return () => {
        over()
        cancel()
      }
    },
  }
  const away = <Value>(call: () => Promise<Value>) => held(busy, () => heardWhileAlive(call()))
  return {
    workspaceId,
    clock,
    random: dice.random,
    watch: (ledgerId, version) => away(() => watch(ledgerId, version)),
    load: (question, owner, version) => away(() => load(question, owner, version)),
    etagOf,
    verify: (token) => verifyToken(token, clock.now()),
    bodies: createBodyStore(storage, limits.liveBodiesBytesMax),
    setAlarm,
    keepAlive: (work) => void held(busy, async () => work),
    recorder,
    sockets,
  }
}

/** A socket as production's object presents it: no method throws, and what is attached is bounded. */
function heldSocket(socket: AcceptedSocket, { sends, closes }: HubHostOptions): HubSocket {
  return {
    send(text) {
      const frame: HubFrame = JSON.parse(text)
      if (frame.type === 'renewed' && socket.offeredExpiresAtMs !== null)
        socket.tokenExpiresAtMs = socket.offeredExpiresAtMs
      sends(socket, frame)
      if (socket.end.isOpen()) socket.end.send(text)
    },
    close(code, reason) {
      if (socket.end.isOpen()) closes(socket, code)
      socket.end.close({ code, reason })
    },
    attach(text) {
      if (text.length > limits.liveAttachmentBytesMax) throw new Error('an attachment is too large')
      socket.attachment = text
    },
    attached: () => socket.attachment,
  }
}

function noteFrame(socket: AcceptedSocket, text: string): void {
  const frame = clientFrameSchema.safeParse(parsed(text)).data
  if (frame?.type === 'show') socket.demanded.set(frame.id, frame.version ?? 0)
  if (frame?.type === 'show' && frame.etag !== null) socket.resumed.add(frame.id)
  if (frame?.type !== 'renew') return
  const verified = verifyToken(frame.token, 0)
  if (verified.ok && verified.value.userId === socket.userId)
    socket.offeredExpiresAtMs = verified.value.expiresAtMs
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
