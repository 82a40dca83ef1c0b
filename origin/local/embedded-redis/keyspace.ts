import type { Clock } from '../../../shared/clock.ts'
import { type Bytes, RedisError } from './reply.ts'

export type Value =
  | { readonly kind: 'string'; text: Bytes }
  | { readonly kind: 'hash'; readonly fields: Map<Bytes, Bytes> }
  | { readonly kind: 'list'; items: Bytes[] }
  | { readonly kind: 'set'; readonly members: Set<Bytes> }
  | { readonly kind: 'zset'; readonly scores: Map<Bytes, number> }

type ValueOf<Kind extends Value['kind']> = Extract<Value, { kind: Kind }>

interface Entry {
  readonly value: Value
  /** Grows with each key that is made, so that a walk by SCAN can be continued while keys come and go. */
  readonly sequence: number
  expiresAtMs: number | null
  sizeBytes: number
}

const samplesMax = 5
const keyOverheadBytes = 64
const itemOverheadBytes = 32
const expiryChecksPerWrite = 4

/** Estimates the size of a value from its first items, as MEMORY USAGE does. */
function sizeOf(value: Value): number {
  if (value.kind === 'string') return value.text.length
  const [count, items] = itemsOf(value)
  let sampledBytes = 0
  let sampled = 0
  for (const item of items) {
    if (sampled === samplesMax) break
    sampled += 1
    sampledBytes += itemOverheadBytes + (typeof item === 'string' ? item.length : item[0].length + 8)
  }
  return sampled === 0 ? 0 : Math.round((sampledBytes / sampled) * count)
}

function itemsOf(
  value: Exclude<Value, { kind: 'string' }>,
): [number, Iterable<Bytes | [Bytes, Bytes | number]>] {
  switch (value.kind) {
    case 'hash':
      return [value.fields.size, value.fields]
    case 'list':
      return [value.items.length, value.items]
    case 'set':
      return [value.members.size, value.members]
    case 'zset':
      return [value.scores.size, value.scores]
  }
}

const emptyOf = (kind: Value['kind']): Value => {
  switch (kind) {
    case 'string':
      return { kind, text: '' }
    case 'hash':
      return { kind, fields: new Map() }
    case 'list':
      return { kind, items: [] }
    case 'set':
      return { kind, members: new Set() }
    case 'zset':
      return { kind, scores: new Map() }
  }
}

const isOfKind = <Kind extends Value['kind']>(value: Value, kind: Kind): value is ValueOf<Kind> =>
  value.kind === kind

/**
 * The keys of the embedded Redis. A key leaves when its lifetime ends, or when a command leaves its collection empty. Past
 * `bytesMax` the commands that store something are refused, as by a Redis without eviction.
 */
export class Keyspace {
  readonly #entries = new Map<Bytes, Entry>()
  readonly #changed = new Set<Bytes>()
  readonly #clock: Clock
  readonly bytesMax: number
  usedBytes = 0
  #sequence = 0
  #expiryWalk: Iterator<[Bytes, Entry]> | null = null

  constructor(clock: Clock, bytesMax: number) {
    this.#clock = clock
    this.bytesMax = bytesMax
  }

  nowMs(): number {
    return Math.floor(this.#clock.now())
  }

  get size(): number {
    this.#removeExpired()
    return this.#entries.size
  }

  entry(key: Bytes): Readonly<Entry> | null {
    const entry = this.#entries.get(key)
    if (entry === undefined) return null
    if (entry.expiresAtMs === null || entry.expiresAtMs > this.nowMs()) return entry
    this.remove(key)
    return null
  }

  /** The value of a key if it has one; refuses a value of another kind. */
  read<Kind extends Value['kind']>(key: Bytes, kind: Kind): ValueOf<Kind> | null {
    const value = this.entry(key)?.value
    if (value === undefined) return null
    if (isOfKind(value, kind)) return value
    throw new RedisError('WRONGTYPE Operation against a key holding the wrong kind of value')
  }

  /** The value of a key that a command is about to change; made if there is none. */
  change<Kind extends Value['kind']>(key: Bytes, kind: Kind): ValueOf<Kind> {
    const found = this.read(key, kind)
    this.#changed.add(key)
    if (found !== null) return found
    const made = emptyOf(kind)
    this.put(key, made)
    if (isOfKind(made, kind)) return made
    throw new RedisError('ERR the value was made with another kind')
  }

  /** Stores a value in place of what the key had. Without `expiresAtMs` the key does not expire. */
  put(key: Bytes, value: Value, expiresAtMs: number | null = null): void {
    const former = this.#entries.get(key)
    const sizeBytes = keyOverheadBytes + key.length + sizeOf(value)
    this.usedBytes += sizeBytes - (former?.sizeBytes ?? 0)
    this.#sequence += former === undefined ? 1 : 0
    const sequence = former?.sequence ?? this.#sequence
    this.#entries.set(key, { value, sequence, expiresAtMs, sizeBytes })
  }

  expire(key: Bytes, expiresAtMs: number | null): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    entry.expiresAtMs = expiresAtMs
    // A moment that has passed removes the key.
    this.entry(key)
  }

  remove(key: Bytes): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined) return false
    this.usedBytes -= entry.sizeBytes
    return this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
    this.#changed.clear()
    this.#expiryWalk = null
    this.usedBytes = 0
  }

  /** The keys made after `sequence`, in the order in which they were made. */
  *keysAfter(sequence: number): Generator<{ key: Bytes; sequence: number; kind: Value['kind'] }> {
    for (const [key, entry] of this.#entries) {
      if (entry.sequence <= sequence || this.entry(key) === null) continue
      yield { key, sequence: entry.sequence, kind: entry.value.kind }
    }
  }

  /** After each command: removes emptied collections, measures what changed, and looks for expired keys. */
  settle(): void {
    for (const key of this.#changed) {
      const entry = this.#entries.get(key)
      if (entry === undefined) continue
      const isEmptied = entry.value.kind !== 'string' && itemsOf(entry.value)[0] === 0
      if (isEmptied) this.remove(key)
      else this.put(key, entry.value, entry.expiresAtMs)
    }
    if (this.#changed.size > 0) this.#lookForExpired()
    this.#changed.clear()
  }

  /** Refuses a command that stores something when memory is full of keys that live. */
  makeRoom(): void {
    if (this.usedBytes <= this.bytesMax) return
    this.#removeExpired()
    if (this.usedBytes <= this.bytesMax) return
    throw new RedisError("OOM command not allowed when used memory > 'maxmemory'.")
  }

  #removeExpired(): void {
    for (const key of this.#entries.keys()) this.entry(key)
  }

  #lookForExpired(): void {
    for (let checked = 0; checked < expiryChecksPerWrite; checked += 1) {
      this.#expiryWalk ??= this.#entries.entries()
      const next = this.#expiryWalk.next()
      if (next.done) this.#expiryWalk = null
      else this.entry(next.value[0])
    }
  }
}
