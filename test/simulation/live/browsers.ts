import type { UserId, WorkspaceId } from '../../../shared/ids.ts'
import type { HttpAnswer, Shelves } from '../../../worker/client/platform.ts'
import type { Dice } from '../../support/dice.ts'
import { type Place, places, userIds, workspaceIds } from '../questions.ts'
import { BrokenPromise } from '../records.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Trace } from '../trace.ts'
import type { Door } from './door.ts'
import type { Failures } from './failures.ts'
import type { Line } from './lines.ts'
import type { LiveChecker, Watcher } from './live-checker.ts'
import type { LiveHappening } from './live-happenings.ts'
import { createShelves } from './shelves.ts'
import { createTab, type SentRequest, type Tab } from './tab.ts'
import { tokenOf } from './tokens.ts'

type Heal = () => void

/** The people who look at boards, each in a browser of their own, and what happens to them. */
export interface Browsers {
  /** Somebody looks at something else, hides a tab, closes it or opens one. */
  doSomething(): void
  breakSocket(): Heal
  readSlowly(): Heal
  sleep(): Heal
  /** Frames of somebody's connection are lost, repeated and exchanged. */
  muddle(): Heal
  /** Everybody has a tab open, sees it, and has tokens from now on. */
  calm(): void
  /** The answers that were shown. */
  answers(): number
  /** Checks what every screen shows. */
  check(): void
  /** Expects every screen to be live, current, and equal to the database. */
  expectTrue(when: string): void
}

export interface BrowsersOptions {
  readonly scheduler: Scheduler
  readonly dice: Dice
  readonly trace: Trace<LiveHappening>
  readonly failures: Failures
  readonly checker: LiveChecker
  /** The newest version of a workspace's ledger, as somebody knows it who has just written. */
  newestVersion(workspaceId: WorkspaceId): number
  send(watcher: Watcher, request: SentRequest): Promise<HttpAnswer>
  readonly connect: Door['connect']
}

interface Person {
  readonly watcher: Watcher
  readonly offsetMs: number
  readonly shelves: Shelves | null
  readonly tokenLastsMs: number
  /** Somebody who gets no new tokens is cut off when the first one expires. */
  hasTokens: boolean
  firstToken: string | null
  tab: Tab | null
  answers: number
}

const hourMs = 3_600_000

export function createBrowsers(options: BrowsersOptions): Browsers {
  const { scheduler, dice, trace, checker } = options
  const pool = poolOf(dice)
  const people = peopleOf(dice)
  const open = (person: Person) => {
    const tab = openTab(person, options)
    person.tab = tab
    trace.happened('a tab is opened')
    trace.note('opened', () => person.watcher.client)
    for (const place of dice.shuffled(pool).slice(0, dice.between(1, pool.length))) showTo(tab, place)
  }
  const close = (person: Person) => {
    person.answers += person.tab?.answers() ?? 0
    person.tab?.close()
    person.tab = null
    trace.happened('a tab is closed')
    trace.note('closed', () => person.watcher.client)
  }
  for (const person of people) scheduler.schedule(() => person.tab ?? open(person), dice.between(0, 20_000))
  const tabs = () => people.flatMap(({ tab }) => (tab === null ? [] : [tab]))
  const fates = createFates(options, tabs)
  return {
    ...fates,
    doSomething() {
      const person = dice.pick(people)
      const { tab } = person
      if (tab === null) return open(person)
      if (dice.happens(0.1)) return close(person)
      if (dice.happens(0.15)) return toggle(tab, trace)
      const place = dice.pick(pool)
      if (dice.happens(0.3)) return tab.prove(place, options.newestVersion(person.watcher.workspaceId))
      if (dice.happens(0.5)) tab.hide(place)
      else showTo(tab, place)
    },
    calm() {
      for (const person of people) {
        if (!person.hasTokens && person.tab !== null) close(person)
        person.hasTokens = true
        if (person.tab === null) open(person)
        else if (person.tab.isHidden()) toggle(person.tab, trace)
      }
    },
    answers: () => people.reduce((sum, { tab, answers }) => sum + answers + (tab?.answers() ?? 0), 0),
    check() {
      for (const { tab } of people) {
        if (tab === null || tab.isAsleep()) continue
        for (const { shown, seen } of tab.screen()) checker.shows(tab.watcher, shown, seen)
      }
    },
    expectTrue(when) {
      for (const tab of tabs()) expectTrueTab(tab, when, checker)
    },
  }
}

function openTab(person: Person, options: BrowsersOptions): Tab {
  const { scheduler, dice, trace, failures, send, connect } = options
  const { watcher, offsetMs, shelves } = person
  const scope = { workspaceId: watcher.workspaceId, client: watcher.client }
  // A tab that is not connected is told nothing, and everybody knows that.
  let end = failures.begin(scope)
  return createTab({
    ...{ scheduler, dice, watcher, offsetMs, shelves },
    token: async ({ refused }) => {
      await new Promise<void>((resolve) => scheduler.schedule(resolve, dice.between(1, 300)))
      return tokenFor(person, refused, scheduler.now())
    },
    send: (request) => send(watcher, request),
    connect: (token, handlers, began) => connect(watcher, token, handlers, began),
    connected(isConnected) {
      trace.note(isConnected ? 'connected' : 'disconnected', () => watcher.client)
      end()
      if (!isConnected) end = failures.begin(scope)
    },
  })
}

function showTo(tab: Tab, place: Place): void {
  const isNotOurs = place.ownerId !== null && place.ownerId !== tab.watcher.userId
  if (!isNotOurs) tab.show(place)
}

function toggle(tab: Tab, trace: Trace<LiveHappening>): void {
  if (!tab.isHidden()) trace.happened('a tab is hidden')
  trace.note(tab.isHidden() ? 'shown' : 'hidden', () => tab.watcher.client)
  tab.setHidden(!tab.isHidden())
}

function tokenFor(person: Person, refused: string | null, nowMs: number): string {
  const { watcher, hasTokens, tokenLastsMs } = person
  if (hasTokens || person.firstToken === null)
    person.firstToken = tokenOf(watcher.userId, nowMs + tokenLastsMs)
  if (!hasTokens && refused === person.firstToken) throw new Error('there is no new token')
  return person.firstToken
}

/** The places that people of this run look at: few, so that several look at the same one. */
function poolOf(dice: Dice): Place[] {
  const counts = places.filter(({ boardId }) => boardId === null)
  const lists = places.filter(({ boardId, ownerId }) => boardId !== null && ownerId === null)
  const own = places.filter(({ ownerId }) => ownerId !== null)
  const pool = [...counts, ...dice.shuffled(lists).slice(0, dice.between(1, 3))]
  return dice.happens(0.5) ? [...pool, ...dice.shuffled(own).slice(0, 2)] : pool
}

function peopleOf(dice: Dice): Person[] {
  const [busiest] = workspaceIds
  return Array.from({ length: dice.between(3, 7) }, (_, index) => {
    const workspaceId: WorkspaceId = dice.happens(0.8) ? busiest : dice.pick(workspaceIds)
    const userId: UserId = dice.pick(userIds)
    return {
      watcher: { client: `browser-${index + 1}`, workspaceId, userId },
      offsetMs: dice.pick([0, 50, -7_200_000, 3 * hourMs]),
      shelves: dice.happens(0.7) ? createShelves() : null,
      tokenLastsMs: dice.pick([60_000, 90_000, hourMs, hourMs]),
      hasTokens: dice.happens(0.85),
      firstToken: null,
      tab: null,
      answers: 0,
    }
  })
}

const tellWithinMs = 2_000

/** Things that happen to connections and to whole browsers. */
function createFates({ scheduler, dice, trace, failures }: BrowsersOptions, tabs: () => readonly Tab[]) {
  const nothing = () => {}
  const toTab = (happen: (tab: Tab, line: Line | null) => Heal): Heal => {
    const tab = dice.pickOrNone(tabs())
    return tab === undefined ? nothing : happen(tab, tab.line())
  }
  const scopeOf = ({ watcher: { workspaceId, client } }: Tab) => ({ workspaceId, client })
  /** Something fails for one browser, and it has a moment to take what waited. */
  const failsUntil = (tab: Tab, untilMs: number) => {
    const end = failures.begin(scopeOf(tab))
    scheduler.schedule(end, untilMs + tellWithinMs - scheduler.now())
  }
  const untilMs = () => scheduler.now() + dice.pick([dice.between(500, 10_000), dice.between(10_000, 90_000)])
  return {
    breakSocket: () =>
      toTab((tab, line) => {
        if (line === null) return nothing
        trace.happened('a socket breaks')
        trace.note('fault', () => `the socket of ${tab.watcher.client} breaks`)
        failsUntil(tab, scheduler.now() + 3_000)
        line.sever()
        return nothing
      }),
    readSlowly: () =>
      toTab((tab, line) => {
        if (line === null) return nothing
        const until = untilMs()
        trace.happened('a reader is slow')
        trace.note('fault', () => `${tab.watcher.client} reads nothing for ${until - scheduler.now()} ms`)
        failsUntil(tab, until)
        line.stall(until)
        return nothing
      }),
    sleep: () =>
      toTab((tab) => {
        const until = untilMs()
        trace.happened('a tab sleeps')
        trace.note('fault', () => `${tab.watcher.client} sleeps for ${until - scheduler.now()} ms`)
        failsUntil(tab, until)
        tab.sleep(until)
        return nothing
      }),
    muddle: () =>
      toTab((tab, line) => {
        if (line === null) return nothing
        trace.note('fault', () => `the frames of ${tab.watcher.client} are muddled`)
        const end = failures.begin(scopeOf(tab))
        line.inject({ lostShare: 0.02, repeatedShare: 0.1, overtakingShare: 0.1 })
        return () => {
          line.inject({ lostShare: 0, repeatedShare: 0, overtakingShare: 0 })
          end()
        }
      }),
  }
}

function expectTrueTab(tab: Tab, when: string, checker: LiveChecker): void {
  const { watcher, client } = tab
  const fail = (what: string) => {
    throw new BrokenPromise(`converges: ${watcher.client} ${what} ${when}`)
  }
  const { mode } = client.status()
  if (mode !== 'live') fail(`is ${mode}`)
  for (const { shown, seen } of tab.screen()) {
    const { isCurrent, data } = seen
    if (!isCurrent) fail(`does not show ${shown.name} as current`)
    const untrue = checker.untrue(watcher, shown, data)
    if (untrue !== null) fail(untrue)
  }
}
