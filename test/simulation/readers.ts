import type { WorkspaceId } from '../../shared/ids.ts'
import { versionSchema } from '../../shared/ids.ts'
import type { Wish } from '../../worker/cache/wish.ts'
import { plainWish } from '../../worker/cache/wish.ts'
import type { Dice } from '../support/dice.ts'
import type { Isolate } from './isolate.ts'
import { during, type Life } from './life.ts'
import { type Asked, askedOf, workspaceIds } from './questions.ts'
import { BrokenPromise, type KnownVersion } from './records.ts'
import type { World } from './world.ts'

/** Readers that behave like browsers. The checker sees every answer that they get. */
export interface Readers {
  /** Makes a random read with a random wish, and sometimes a crowd of them. */
  readAnything(): void
  /** Makes one read and answers its outcome. Never settles if its life ends first. */
  read(reading: Reading): Promise<Told>
  /** Reads whose lives continue and that are not answered yet. */
  unanswered(): number
  count(): number
  /** Answers by status. An error counts under its code. */
  readonly statuses: Readonly<Record<string, number>>
}

export interface Reading {
  readonly isolate: Isolate
  readonly workspaceId: WorkspaceId
  readonly asked: Asked
  readonly wish: Wish
  /** The version that the wish says must be in the answer. */
  readonly minVersion: KnownVersion | null
}

/** The answer that a reader got. */
export interface Told {
  /** A cache status, or the code of an error. */
  readonly status: string
  readonly source: string
  readonly isProven: boolean
  /** The instant that the view of the answer proves; 0 if it proves none. */
  readonly provedAtMs: number
  /** The answer's lifetime does not end before this instant of its isolate's clock. */
  readonly freshUntilMs: number
}

/** Readers that come at the same time, and how often they all read what most others read. */
const crowd = { share: 0.08, from: 3, to: 8 } as const
/** The share of its lifetime by which a proof at least prolongs an entry. */
const proofShareMin = 0.75
const hot = { share: 0.6, places: 5 } as const

export function createReaders(world: World): Readers {
  const { scheduler, checker, trace, population, rollouts, watch } = world
  const statuses: Record<string, number> = {}
  const open = new Set<Life>()
  let reads = 0

  async function ask({ isolate, workspaceId, asked, wish, minVersion }: Reading): Promise<Told> {
    const [atMs, arrivedMs] = [scheduler.now(), isolate.clock.now()]
    const { name: place, question, userId } = asked
    const seen = { workspaceId, place, atMs, minVersion, asksForNow: wish.proof.kind === 'now' }
    const keepAlive = (work: Promise<unknown>) =>
      void work.catch((error) => watch(() => fail(`work behind an answer never rejects: ${String(error)}`)))
    const caller = { kind: 'member', userId, token: '', requestId: '', keepAlive } as const
    const answered = await isolate.answer({ question, workspaceId, caller, wish })
    if (!answered.ok) {
      watch(() => checker.refused(seen, answered.error.code))
      return { status: answered.error.code, source: 'none', isProven: false, provedAtMs: 0, freshUntilMs: 0 }
    }
    const { entry, status, source, lifetimeSeconds, doubt, currentAtMs, view } = answered.value
    const [isProven, provedAtMs, answeredMs] = [doubt === null, view?.provedAtMs ?? 0, isolate.clock.now()]
    if (currentAtMs > entry.createdAtMs) trace.happened('an answer is proved after its load')
    const lifetimeMs = lifetimeSeconds * 1000
    if (status === 'HIT' && arrivedMs >= entry.createdAtMs + lifetimeMs)
      trace.happened('an answer outlives its load by a proof')
    const answer = {
      freshUntilMs: Math.max(entry.createdAtMs + lifetimeMs, currentAtMs + proofShareMin * lifetimeMs),
      ...{ entry, status, source, lifetimeSeconds, isProven, currentAtMs, provedAtMs },
      ...{ arrivedMs, answeredMs },
    }
    watch(() => checker.answered(seen, answer))
    watch(() => rollouts?.answered(seen, answer))
    if (view !== null && view.provedAtMs > 0) watch(() => checker.proved(workspaceId, view))
    if (wish.isOnlyIfCached && source === 'database')
      watch(() => fail('only-if-cached: answered from the database'))
    return answer
  }

  async function read(reading: Reading): Promise<Told> {
    const { isolate, workspaceId, asked, wish } = reading
    const [number, atMs] = [reads, scheduler.now()]
    reads += 1
    const life = population.beginLife(isolate)
    open.add(life)
    const told = await during(life, () => ask(reading))
    open.delete(life)
    statuses[told.status] = (statuses[told.status] ?? 0) + 1
    trace.note('answered', () => {
      const who = `#${number} ${isolate.name} ${workspaceId} ${asked.name} ${described(wish)}`
      const how = `${told.status} ${told.source}${told.isProven ? '' : ' unproven'}`
      return `${who}: ${how} after ${scheduler.now() - atMs} ms`
    })
    return told
  }

  return {
    read,
    statuses,
    count: () => reads,
    unanswered: () => [...open].filter((life) => !life.isOver()).length,
    readAnything: () => readAnything(world, read),
  }
}

function readAnything({ dice, population, acknowledged }: World, read: (reading: Reading) => unknown): void {
  const isolate = population.anyIsolate()
  const workspaceId = dice.pick(workspaceIds)
  const asked = dice.happens(hot.share)
    ? dice.pickOrNone(askedOf.slice(0, hot.places))
    : dice.pickOrNone(askedOf)
  if (asked === undefined) return
  const known = acknowledged.get(workspaceId) ?? null
  const readers = dice.happens(crowd.share) ? dice.between(crowd.from, crowd.to) : 1
  for (let index = 0; index < readers; index += 1) {
    const wish = drawWish(dice, known)
    const minVersion = 'version' in wish.proof ? known : null
    void read({ isolate, workspaceId, asked, wish, minVersion })
  }
}

function fail(what: string): never {
  throw new BrokenPromise(what)
}

/** The wish of a browser, which is usually nothing in particular. */
function drawWish(dice: Dice, known: KnownVersion | null): Wish {
  const version = known === null ? null : versionSchema.parse(known.version)
  const atLeast: Partial<Wish> = version === null ? {} : { proof: { kind: 'at-least', version } }
  const now: Partial<Wish> = { proof: { kind: 'now', ...(version === null ? {} : { version }) } }
  const particular = dice.pick<Partial<Wish>>([
    ...([{}, {}, {}, {}, {}, {}, atLeast, atLeast, atLeast, now, { proof: { kind: 'now' } }] as const),
    ...([{ maxAgeSeconds: 5 }, { maxStaleSeconds: 3 }, { minFreshSeconds: 10 }] as const),
    ...([{ isOnlyIfCached: true }, { isNoStore: true }, { staleIfErrorSeconds: 2 }] as const),
  ])
  return { ...plainWish, ...particular }
}

function described(wish: Wish): string {
  const particular = Object.entries(wish).filter(
    ([name, value]) => value !== plainWish[name as keyof Wish] && name !== 'proof',
  )
  const others = particular.map(([name, value]) => `${name}=${String(value)}`)
  const version = 'version' in wish.proof ? [`version>=${wish.proof.version}`] : []
  return [wish.proof.kind, ...version, ...others].join(' ')
}
