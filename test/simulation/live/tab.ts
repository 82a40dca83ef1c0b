import type { Clock } from '../../../shared/clock.ts'
import { liveTokenPrefix } from '../../../shared/contract/live.ts'
import type { Answer } from '../../../worker/client/answer.ts'
import { createBoardcacheOn } from '../../../worker/client/boardcache.ts'
import * as writes from '../../../worker/client/contact-writer.ts'
import * as disk from '../../../worker/client/disk.ts'
import * as inspection from '../../../worker/client/inspection.ts'
import type { LazyParts } from '../../../worker/client/lazy-parts.ts'
import * as live from '../../../worker/client/live/live-side.ts'
import type {
  HttpAnswer,
  HttpRequest,
  Platform,
  Shelves,
  Socket,
  SocketEvents,
} from '../../../worker/client/platform.ts'
import type { Boardcache, Query, TokenRequest } from '../../../worker/client/types.ts'
import type { Dice } from '../../support/dice.ts'
import { createLivingClock, during, heardWhileAlive, type Life } from '../life.ts'
import { type Place, perPage } from '../questions.ts'
import type { Scheduler } from '../scheduler.ts'
import type { EndHandlers, Line } from './lines.ts'
import type { Seen, Watcher } from './live-checker.ts'
import { type Shown, shownAt } from './screens.ts'

/** An open tab with production's client in it, and what it shows. */
export interface Tab {
  readonly watcher: Watcher
  readonly client: Boardcache
  /** The screen: what it shows, as the client has told it last. */
  screen(): Iterable<OnScreen>
  show(place: Place): void
  hide(place: Place): void
  /** Asks for a confirmation at a version, as rows of several pages do that are shown together. */
  prove(place: Place, version: number): void
  /** Hides the whole tab, or shows it again. */
  setHidden(isHidden: boolean): void
  isHidden(): boolean
  /** The tab's timers stand still, and it reads nothing, until an instant. */
  sleep(untilMs: number): void
  /** Whether it sleeps, or has not yet run the timers that were due meanwhile. */
  isAsleep(): boolean
  /** Its connection, if it has one. */
  line(): Line | null
  /** The answers that its screen was given. */
  answers(): number
  /** Closes the tab, with or without a word to the hub. */
  close(): void
}

export interface TabOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly watcher: Watcher
  /** How far the browser's clock is from the world's. */
  readonly offsetMs: number
  /** The parts that outlive the tab; null if nothing does. */
  readonly shelves: Shelves | null
  token(request: TokenRequest): Promise<string>
  send(request: SentRequest): Promise<HttpAnswer>
  /** Connects to a hub. The connection is given as soon as it exists; `refused` is called instead if the door refuses. */
  connect(token: string, handlers: EndHandlers, began: (line: Line) => void): Promise<'refused' | 'begun'>
  /** The connection is there, or it is no longer. */
  connected(isConnected: boolean): void
}

export interface SentRequest {
  readonly path: string
  readonly token: string
  readonly minVersion: number | null
  readonly ifNoneMatch: string | null
}

/** The parts of the client, which a bundle has at once. */
const parts: LazyParts = {
  live: async () => live,
  disk: async () => disk,
  inspection: async () => inspection,
  writes: async () => writes,
}

/** A browser gives up on a connection that does not open within this time. */
const openDeadlineMs = 30_000

/** A question on the screen, as the client has answered it last. */
export interface OnScreen {
  readonly shown: Shown
  seen: Seen
  close(): void
}

export function createTab(options: TabOptions): Tab {
  const { scheduler, dice, watcher, offsetMs } = options
  const life = { isEnded: false, isOver: () => life.isEnded }
  const sleep = createSleep(scheduler)
  const presence = createPresence()
  const onScreen = new Map<Place, OnScreen>()
  let line: Line | null = null
  let answers = 0
  const platform: Platform = {
    clock: sleepyClock(createLivingClock(scheduler, offsetMs), sleep),
    random: dice.random,
    send: (url, request) =>
      heardWhileAlive(aborting(request, options.send(sentOf(url, request)))).then(
        (answer) => sleep.awake(() => answer),
        (error) => sleep.awake(() => Promise.reject(error)),
      ),
    openSocket: (_url, protocols, events) =>
      openSocket({ ...options, isOver: life.isOver }, protocols, inLife(events, life), (next) => {
        line = next
        next.stall(sleep.untilMs())
      }),
    newId: () => `id-${dice.between(0, 1_000_000_000)}`,
    openShelves: async () => options.shelves,
    presence,
    expose: () => undefined,
  }
  const client = during(life, () =>
    createBoardcacheOn(platform, parts, {
      url: 'https://boardcache.example',
      ...{ workspaceId: watcher.workspaceId, userId: watcher.userId },
      token: (request) => heardWhileAlive(options.token(request)),
    }),
  )
  const act = (work: () => void) => during(life, work)
  return {
    ...{ watcher, client, isHidden: presence.isHidden, line: () => line, answers: () => answers },
    screen: () => onScreen.values(),
    show: (place) =>
      act(() => {
        if (!onScreen.has(place))
          onScreen.set(
            place,
            putOnScreen(client, place, offsetMs, () => (answers += 1)),
          )
      }),
    hide: (place) =>
      act(() => {
        onScreen.get(place)?.close()
        onScreen.delete(place)
      }),
    prove: (place, version) =>
      act(() => {
        if (onScreen.has(place)) queryOf(client, place).prove(version)
      }),
    setHidden: (isHidden) => act(() => presence.setHidden(isHidden)),
    sleep(untilMs) {
      sleep.until(untilMs)
      line?.stall(untilMs + dice.between(0, 3))
    },
    isAsleep: () => scheduler.now() <= sleep.untilMs() + wakesUpMs,
    close() {
      if (dice.happens(0.5)) act(() => client.close())
      else line?.sever()
      life.isEnded = true
      onScreen.clear()
    },
  }
}

function putOnScreen(client: Boardcache, place: Place, offsetMs: number, onAnswer: () => void): OnScreen {
  const query = queryOf(client, place)
  const item: OnScreen = {
    shown: shownAt(place),
    seen: seenOf(query.peek(), offsetMs),
    close: query.subscribe((answer) => {
      onAnswer()
      item.seen = seenOf(answer, offsetMs)
    }),
  }
  item.seen = seenOf(query.peek(), offsetMs)
  return item
}

function queryOf(
  client: Boardcache,
  { boardId, columnId, page, ownerId, filter, isSearch }: Place,
): Query<unknown> {
  if (boardId === null) return client.counts()
  return client.board(boardId).page(page, {
    perPage,
    filter: ownerId === null ? filter : 'assigned_to_me',
    ...(isSearch ? { search: 'sought' } : {}),
    ...(columnId === null ? {} : { columnId }),
  })
}

function seenOf({ status, data, error, asOfMs }: Answer<unknown>, offsetMs: number): Seen {
  const isAbsent = error?.status === 404
  return {
    isCurrent: status === 'current',
    data: isAbsent ? null : data,
    asOfMs: asOfMs === null ? null : asOfMs - offsetMs,
  }
}

/** Calls from outside continue the life of a tab. */
function inLife(events: SocketEvents, life: Life): SocketEvents {
  const enter = (work: () => void) => {
    if (!life.isOver()) during(life, work)
  }
  return {
    received: (text) => enter(() => events.received(text)),
    closed: (code) => enter(() => events.closed(code)),
  }
}

function openSocket(
  { scheduler, connect, connected, isOver }: TabOptions & Life,
  protocols: readonly string[],
  events: SocketEvents,
  began: (line: Line) => void,
): Socket {
  let own: Line | null = null
  let state: 'opening' | 'open' | 'closed' = 'opening'
  const closed = (code: number) => {
    if (state === 'closed') return
    if (state === 'open') connected(false)
    state = 'closed'
    own?.sever()
    events.closed(code)
  }
  const handlers: EndHandlers = {
    opened() {
      if (state !== 'opening') return
      state = 'open'
      connected(true)
    },
    heard: (text) => {
      if (state === 'open') events.received(text)
    },
    closed: ({ code }) => closed(code),
  }
  const token =
    protocols.find((name) => name.startsWith(liveTokenPrefix))?.slice(liveTokenPrefix.length) ?? ''
  const isBegun = (line: Line) => {
    own = line
    if (state === 'closed' || isOver()) line.sever()
    else began(line)
  }
  connect(token, handlers, isBegun).then(
    (outcome) => outcome === 'refused' && closed(1006),
    () => closed(1006),
  )
  scheduler.schedule(() => state === 'opening' && closed(1006), openDeadlineMs)
  return {
    send(text) {
      if (state === 'open') own?.client.send(text)
    },
    close() {
      if (state === 'closed') return
      own?.client.close({ code: 1000, reason: '' })
      scheduler.schedule(() => closed(1000), 0)
    },
  }
}

function sentOf(url: string, { headers }: HttpRequest): SentRequest {
  const { pathname, search } = new URL(url)
  const given = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const minVersion = given.get('x-min-version')
  return {
    path: `${pathname}${search}`,
    token: (given.get('authorization') ?? '').replace(/^Bearer /, ''),
    minVersion: minVersion === undefined ? null : Number(minVersion),
    ifNoneMatch: given.get('if-none-match') ?? null,
  }
}

/** Rejects when the request is aborted, as fetch does. */
function aborting({ signal }: HttpRequest, answer: Promise<HttpAnswer>): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('the request was aborted'))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    answer.then(resolve, reject)
  })
}

/** A tab that wakes up runs its timers within this time. */
const wakesUpMs = 20

interface Sleep {
  until(untilMs: number): void
  untilMs(): number
  isAsleep(): boolean
  /** Does something as soon as the tab is awake. */
  awake<Value>(act: () => Value | Promise<Value>): Promise<Value>
}

function createSleep(scheduler: Scheduler): Sleep {
  let untilMs = 0
  const isAsleep = () => scheduler.now() < untilMs
  return {
    until(laterMs) {
      untilMs = Math.max(untilMs, laterMs)
    },
    untilMs: () => untilMs,
    isAsleep,
    async awake(act) {
      while (isAsleep())
        await new Promise<void>((resolve) => scheduler.schedule(resolve, untilMs - scheduler.now()))
      return act()
    },
  }
}

/** A clock whose timers do not fire while the tab sleeps. */
function sleepyClock(clock: Clock, sleep: Sleep): Clock {
  return {
    now: clock.now,
    schedule(callback, delayMs) {
      let isCancelled = false
      const cancel = clock.schedule(() => {
        if (!sleep.isAsleep()) return callback()
        void sleep.awake(() => {
          if (!isCancelled) callback()
        })
      }, delayMs)
      return () => {
        isCancelled = true
        cancel()
      }
    },
  }
}

function createPresence() {
  const listeners = new Set<() => void>()
  let isHidden = false
  return {
    isHidden: () => isHidden,
    isOnline: () => true,
    onChange(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    setHidden(next: boolean) {
      isHidden = next
      for (const listener of listeners) listener()
    },
  }
}
