import type { Clock } from '../../../shared/clock.ts'
import { limits } from '../../../shared/limits.ts'
import { type RedisNamespaceName, redisNamespaceNames } from '../../../shared/redis/names.ts'
import { firstCursor, type WalkedKeys, type WalkStep, walkStep } from '../../../shared/redis/walk.ts'
import type { RedisServer } from '../../redis/databases.ts'
import type { ClearLog } from './clear-log.ts'
import type { NamespaceSize, SizeBook } from './size-book.ts'

/** Walks through the keys of one Redis, step by step, as often as the time allows. */
export interface Walker {
  readonly namespaces: readonly RedisNamespaceName[]
  /** Takes the steps that are due. Returns at once, and never rejects. */
  tick(): void
  /** A namespace was cleared: a walk that removes its old keys begins at the next tick. */
  sweepSoon(): void
}

interface WalkerOptions {
  readonly server: Pick<RedisServer, 'config' | 'first'>
  readonly sizes: SizeBook
  readonly log: ClearLog
  readonly clock: Clock
}

interface Walk {
  readonly startedAtMs: number
  readonly sweeping: ReadonlySet<RedisNamespaceName>
  cursor: string
  readonly found: Map<RedisNamespaceName, WalkedKeys>
  readonly swept: Map<RedisNamespaceName, number>
}

/** The steps that may be taken at once: those of ten seconds, which is how long a quiet deployment waits between two ticks. */
const burstMax = Math.ceil(limits.redisWalkStepsPerMinuteMax / 6)

export function createWalker({ server, sizes, log, clock }: WalkerOptions): Walker {
  const { namespaces } = server.config
  let walk: Walk | null = null
  let endedAtMs = lastWalkMs(sizes, namespaces)
  let isWalking = false
  const pace = createPace(clock)
  let mustRestart = false

  function begin(nowMs: number): Walk {
    const sweeping = namespaces.filter((name) => log.isUnswept(name))
    return {
      startedAtMs: nowMs,
      sweeping: new Set(sweeping),
      cursor: firstCursor,
      found: new Map(),
      swept: new Map(),
    }
  }

  async function proceed(current: Walk): Promise<void> {
    for (let step = 0; step < burstMax && pace.takeStep(); step += 1) {
      const stepped = await walkStep(
        server.first,
        current.cursor,
        current.sweeping,
        AbortSignal.timeout(limits.redisAdminDeadlineMs),
      )
      // Redis is away, or does not run the script that sweeps: the walk goes on later where it is, or begins again without sweeping.
      if (!stepped.ok) {
        if (stepped.error.kind === 'refused') walk = { ...current, sweeping: new Set() }
        return
      }
      add(current, stepped.value)
      if (stepped.value.cursor === null) return end(current)
      current.cursor = stepped.value.cursor
    }
  }

  function end(current: Walk): void {
    walk = null
    endedAtMs = clock.now()
    sizes.write(
      Object.fromEntries(namespaces.map((name) => [name, sizeOf(current.found.get(name), clock.now())])),
    )
    for (const name of current.sweeping) log.swept(name, current.swept.get(name) ?? 0, current.startedAtMs)
  }

  return {
    namespaces,
    tick() {
      if (isWalking) return
      const nowMs = clock.now()
      if (mustRestart) walk = null
      if (walk === null && !mustRestart && nowMs - endedAtMs < limits.redisWalkPauseMs) return
      mustRestart = false
      walk ??= begin(nowMs)
      isWalking = true
      void proceed(walk)
        .catch(() => undefined)
        .finally(() => {
          isWalking = false
        })
    },
    sweepSoon() {
      mustRestart = true
    },
  }
}

function add(walk: Walk, { found, swept }: WalkStep): void {
  for (const name of redisNamespaceNames) {
    const more = found[name]
    if (more === undefined) continue
    const known = walk.found.get(name) ?? { keys: 0, measured: 0, measuredBytes: 0 }
    walk.found.set(name, {
      keys: known.keys + more.keys,
      measured: known.measured + more.measured,
      measuredBytes: known.measuredBytes + more.measuredBytes,
    })
    walk.swept.set(name, (walk.swept.get(name) ?? 0) + (swept[name] ?? 0))
  }
}

function sizeOf(walked: WalkedKeys | undefined, atMs: number): NamespaceSize {
  if (walked === undefined || walked.measured === 0) return { keys: walked?.keys ?? 0, memoryBytes: 0, atMs }
  const { keys, measured, measuredBytes } = walked
  return { keys, memoryBytes: Math.round((keys * measuredBytes) / measured), atMs }
}

function lastWalkMs(sizes: SizeBook, namespaces: readonly RedisNamespaceName[]): number {
  const known = sizes.all()
  return Math.min(...namespaces.map((name) => known[name]?.atMs ?? Number.NEGATIVE_INFINITY))
}

/** Bounds the steps of a minute, however often they are asked for. */
function createPace(clock: Clock): { takeStep(): boolean } {
  let allowance = burstMax
  let refilledAtMs = clock.now()
  return {
    takeStep() {
      const nowMs = clock.now()
      const gained = ((nowMs - refilledAtMs) * limits.redisWalkStepsPerMinuteMax) / 60_000
      allowance = Math.min(burstMax, allowance + Math.max(0, gained))
      refilledAtMs = nowMs
      if (allowance < 1) return false
      allowance -= 1
      return true
    },
  }
}
