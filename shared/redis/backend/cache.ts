import { LRUCache } from 'lru-cache'
import { systemClock, withinDeadline } from '../../clock.ts'
import { hexDigest } from '../../hex-digest.ts'
import { type WorkspaceId, workspaceIdSchema } from '../../ids.ts'
import { limits } from '../../limits.ts'
import { err, ok, type Result } from '../../result.ts'
import { createSingleFlight } from '../../single-flight.ts'
import type { RedisNamespace } from '../namespace.ts'
import { fill, hasStored, readStored, replace, type Stored, withGeneration } from './editions.ts'
import {
  assertWithin,
  type BackendRedisFailure,
  type BackendRedisOptions,
  isTooLongKey,
  openNamespace,
  tooLarge,
} from './open-namespace.ts'

type CacheResult<Value> = Result<Value, BackendRedisFailure>

interface CacheOptions extends BackendRedisOptions {
  /** The time limit of a load, 10,000 ms by default. */
  readonly loadDeadlineMs?: number
  /** Hears of a Redis that did not answer `getCached`, for the backend's own metrics. A failure contains no key and no value. */
  readonly onFailure?: (failure: BackendRedisFailure) => void
}

/** The cache of one workspace. Besides `getCached`, a method rejects only for an argument that is out of bounds. */
interface WorkspaceCache {
  /**
   * The value of a key, loaded if it is not cached. Of callers in this process that need the same key at the same time, one loads. While
   * Redis is away every flight loads. Rejects with what `load` rejects with, or with a TimeoutError. A value that another version of the
   * backend stored in another shape is loaded again if `isValid` refuses it.
   */
  getCached<Value>(
    key: string,
    load: (signal: AbortSignal) => Promise<Value>,
    seconds: number,
    isValid?: (stored: unknown) => stored is Value,
  ): Promise<Value>
  /** The value of a key; undefined if there is none. */
  get(key: string): Promise<CacheResult<unknown>>
  /** Stores what JSON can hold, for at most a day. */
  set(key: string, value: unknown, seconds: number): Promise<CacheResult<void>>
  /** Removes a key. A load that began before it cannot bring the old value back. */
  del(key: string): Promise<CacheResult<void>>
  exists(key: string): Promise<CacheResult<boolean>>
  /** Adds to a counter of its own, which ends `seconds` after its first addition. It is not the value of the same key. */
  incr(key: string, seconds: number, by?: number): Promise<CacheResult<number>>
}

interface Cache {
  /** Throws for an id that no workspace can have. */
  forWorkspace(workspaceId: string): WorkspaceCache
}

/**
 * A cache in the namespace `cache` of any Redis by HTTP. Clearing the namespace clears it too.
 *
 * Each key has an edition besides its value: a random number that `set` and `del` replace (editions.ts). A value counts only while the
 * edition under which it was loaded is the current one, so a slow load that read the database before a `del` is refused when it lands, in
 * whatever order the writes arrive. The same holds for the generation of the namespace. Keys are digested, since they may be private.
 */
export function createCache(options: CacheOptions): Cache {
  const namespace = openNamespace('cache', options)
  const parts = { namespace, loads: createLoads(namespace, options), changes: createChanges() }
  return {
    forWorkspace: (workspaceId) => createWorkspaceCache(parts, workspaceIdSchema.parse(workspaceId)),
  }
}

interface CacheParts {
  readonly namespace: RedisNamespace
  readonly loads: Loads
  readonly changes: Changes
}

function createWorkspaceCache(
  { namespace, loads, changes }: CacheParts,
  workspace: WorkspaceId,
): WorkspaceCache {
  const nameOf = async (key: string) => `crm:${workspace}:${await hexDigest(key, 16)}`
  const withName = async <Value>(key: string, use: (name: string) => Promise<CacheResult<Value>>) =>
    isTooLongKey(key) ? err(tooLarge) : use(await nameOf(key))

  async function change(name: string, text: string | null, seconds: number): Promise<CacheResult<void>> {
    const replaced = await replace(namespace, name, text, seconds)
    changes.note(name)
    return replaced
  }

  return {
    async getCached(key, run, seconds, isValid = isTrusted) {
      assertSeconds(seconds)
      if (isTooLongKey(key)) return loads.past(run)
      const name = await nameOf(key)
      const landed = await loads.fly({ name, run, seconds, isValid, changed: changes.latest(name) })
      if ('error' in landed) throw landed.error
      return isValid(landed.value) ? landed.value : loads.past(run)
    },
    get: (key) =>
      withName(key, async (name) => {
        const read = await readStored(namespace, name)
        return read.ok ? ok(parse(read.value.text)) : read
      }),
    async set(key, value, seconds) {
      assertSeconds(seconds)
      const text = JSON.stringify(value)
      if (text === undefined) throw new TypeError('The value has no form in JSON')
      if (text.length > limits.redisValueCharactersMax) return err(tooLarge)
      return withName(key, (name) => change(name, text, seconds))
    },
    del: (key) => withName(key, (name) => change(name, null, 0)),
    exists: (key) => withName(key, (name) => hasStored(namespace, name)),
    async incr(key, seconds, by = 1) {
      assertSeconds(seconds)
      if (!Number.isSafeInteger(by)) throw new RangeError('by must be a whole number')
      return withName(key, (name) => namespace.count(name, by, seconds * 1_000))
    },
  }
}

/** A key that a caller needs now. */
interface Wanted {
  readonly name: string
  readonly run: (signal: AbortSignal) => Promise<unknown>
  readonly seconds: number
  readonly isValid: (stored: unknown) => boolean
  /** The latest change of the key that the caller may have seen. */
  readonly changed: number
}

interface Loads {
  /** Reads a key, and loads it if need be; one flight for all callers. */
  fly(wanted: Wanted): Promise<Landed>
  /** Loads past the cache. */
  past<Value>(run: (signal: AbortSignal) => Promise<Value>): Promise<Value>
}

function createLoads(namespace: RedisNamespace, options: CacheOptions): Loads {
  const { clock = systemClock, loadDeadlineMs = limits.backendLoadDeadlineMs, onFailure } = options
  const patienceMs = loadDeadlineMs + 3 * (options.deadlineMs ?? limits.backendRedisDeadlineMs)
  const flights = createSingleFlight<number, Landed>({ clock, patienceMs })

  async function past<Value>(run: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    const attempt = async (signal: AbortSignal) => ({ value: await run(signal) })
    const loaded = await withinDeadline(clock, loadDeadlineMs, attempt, null)
    if (loaded === null) throw new DOMException('The load took too long.', 'TimeoutError')
    return loaded.value
  }

  async function keep(name: string, under: Stored, value: unknown, seconds: number): Promise<void> {
    const text = JSON.stringify(value)
    if (text === undefined) return
    const isTooLarge = text.length > limits.redisValueCharactersMax
    const kept = isTooLarge ? err(tooLarge) : await fill(namespace, name, under, text, seconds)
    if (!kept.ok) onFailure?.(kept.error)
  }

  /** A load that fails is an outcome too, so that those who wait for it fail with it. */
  async function land({ name, run, seconds, isValid }: Wanted): Promise<Landed> {
    const read = await readStored(namespace, name)
    if (!read.ok) onFailure?.(read.error)
    const stored = read.ok ? parse(read.value.text) : undefined
    if (stored !== undefined && isValid(stored)) return { value: stored }
    try {
      const under = read.ok ? await withGeneration(namespace, read.value) : null
      const value = await past(run)
      if (under !== null) await keep(name, under, value, seconds)
      return { value }
    } catch (error) {
      return { error }
    }
  }

  return {
    past,
    async fly(wanted) {
      const { name, changed } = wanted
      const isJoinable = (underWay: number) => underWay === changed
      const flight = await flights.share(
        name,
        changed,
        isJoinable,
        () => land(wanted),
        () => undefined,
      )
      return flight.value
    },
  }
}

type Landed = { readonly value: unknown } | { readonly error: unknown }

/** Without a check of its own, a caller says that what it stored is what it loads. */
const isTrusted = <Value>(_stored: unknown): _stored is Value => true
const assertSeconds = (seconds: number) =>
  assertWithin('seconds', seconds, 0.001, limits.backendCacheSecondsMax)

/** Undefined for what is no JSON, which is a miss. */
function parse(text: string | null): unknown {
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface Changes {
  note(name: string): void
  latest(name: string): number
}

/**
 * Numbers the changes that this process makes to keys, so that a caller never joins a load that began before a change which it has seen. A
 * key that is no longer remembered counts as changed.
 */
function createChanges(): Changes {
  let count = 0
  let forgotten = 0
  const latest = new LRUCache<string, number>({
    max: limits.backendChangesMax,
    dispose: (number, _name, reason) => {
      if (reason === 'evict') forgotten = Math.max(forgotten, number)
    },
  })
  return {
    note(name: string): void {
      count += 1
      latest.set(name, count)
    },
    latest: (name: string) => latest.get(name) ?? forgotten,
  }
}
