import type { JsonObject } from '../../shared/live/json-value.ts'
import { isJsonObject } from '../../shared/live/json-value.ts'
import { BoardcacheError } from './client-error.ts'
import { clientLimits } from './client-limits.ts'
import { type Layer, laidOver, rowIn } from './layers.ts'
import type { Platform } from './platform.ts'
import type { QueryEntry } from './query-entry.ts'
import type { LiveTelling, Overlay } from './query-shared.ts'
import type { Fetched, Requests } from './requests.ts'
import type { ContactWrites, Written } from './types.ts'

/** The part of the cache that writes need. */
interface WrittenCache {
  writtenVersion: number | null
  overlay: Overlay | null
  all(): readonly QueryEntry[]
  readonly live: LiveTelling | null
  refreshAll(): void
}

interface WriterParts {
  readonly platform: Pick<Platform, 'clock' | 'newId' | 'presence'>
  readonly cache: WrittenCache
  readonly requests: Pick<Requests, 'write'>
}

export interface ContactWriter extends ContactWrites {
  close(): void
}

export function createContactWriter(
  platform: WriterParts['platform'],
  cache: WrittenCache,
  requests: WriterParts['requests'],
): ContactWriter {
  return new LayingWriter({ platform, cache, requests })
}

const unconnected = { provedUntilMs: null, provedAsOfMs: null }

const writeLimits = {
  /** A write without a version: how often the API is asked whether its answers have it, and for how long its change is shown. */
  pendingAskEveryMs: 2_000,
  pendingMostMs: 30_000,
  /** After this time a committed write's change is no longer laid over older answers. */
  layerMostMs: 60_000,
  layersMax: 200,
} as const

if (
  clientLimits.writeToldMs >= writeLimits.pendingMostMs ||
  writeLimits.pendingMostMs >= writeLimits.layerMostMs
) {
  throw new Error('The bounds of writes contradict each other.')
}

type Method = Parameters<Requests['write']>[0]

/** The fields that only a contact by itself has. A row of a list has them not. */
const furtherFields = new Set(['company_id', 'language', 'follow_up_at', 'company'])

/** Writes contacts, and lays each write over the answers until they contain it or it is refused. */
class LayingWriter implements ContactWriter {
  readonly #layers: Layer[] = []
  readonly #parts: WriterParts
  #isClosed = false

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  create(contact: Parameters<ContactWrites['create']>[0]): Promise<Written> {
    const id = contact.id ?? `contact_${this.#parts.platform.newId()}`
    const nowText = new Date(this.#parts.platform.clock.now()).toISOString()
    const created: JsonObject = {
      ...presets,
      last_activity_at: nowText,
      created_at: nowText,
      updated_at: nowText,
    }
    const asked = asJson({ ...contact, id })
    return this.#write(
      'POST',
      '/api/contacts',
      { ...contact, id },
      id,
      (row) => row ?? rowOf({ ...created, ...asked }),
    )
  }

  change(id: string, change: Parameters<ContactWrites['change']>[1]): Promise<Written> {
    return this.#write('PATCH', pathOf(id), change, id, this.#patch(id, asJson(change)))
  }

  move(id: string, to: Parameters<ContactWrites['move']>[1]): Promise<Written> {
    return this.#write('POST', `${pathOf(id)}/move`, to, id, this.#patch(id, asJson(to)))
  }

  remove(id: string): Promise<Written> {
    return this.#write('DELETE', pathOf(id), null, id, () => null)
  }

  close(): void {
    this.#isClosed = true
    this.#layers.length = 0
  }

  /** Fields that an answer does not have stay away. A list that lacks the contact gets it as another query shows it. */
  #patch(id: string, fields: JsonObject): Layer['edit'] {
    const known = this.#heldRow(id)
    return (row) => {
      if (row === undefined) return known === undefined ? null : rowOf({ ...known, ...fields })
      return {
        ...row,
        ...Object.fromEntries(Object.entries(fields).filter(([name]) => Object.hasOwn(row, name))),
      }
    }
  }

  async #write(
    method: Method,
    path: string,
    body: object | null,
    contactId: string,
    edit: Layer['edit'],
  ): Promise<Written> {
    const parts = this.#parts
    if (this.#isClosed) throw new BoardcacheError({ code: 'closed', message: 'The client is closed.' })
    if (!parts.platform.presence.isOnline()) {
      throw new BoardcacheError({
        code: 'offline',
        message: 'There is no network, and writes are not queued.',
      })
    }
    const before = method === 'POST' && path === '/api/contacts' ? null : this.#heldRow(contactId)
    const layer: Layer = { contactId, before, edit, version: null, isIn: null }
    this.#layers.push(layer)
    if (this.#layers.length > writeLimits.layersMax) this.#layers.shift()
    this.#layersChanged()
    try {
      const written = writtenOf(await parts.requests.write(method, path, body), contactId, method)
      this.#commit(layer, written, method)
      return written
    } catch (error) {
      this.#drop(layer)
      const mayHaveHappened = error instanceof BoardcacheError && error.mayHaveHappened
      if (mayHaveHappened) this.#tell(contactId, undefined)
      throw error
    }
  }

  /** From now on the layer is the contact as it was stored, so that it shows what the database made of the write. */
  #commit(layer: Layer, { contact, version }: Written, method: Method): void {
    const stored = asJson(contact)
    const { edit } = layer
    const isRemoval = method === 'DELETE'
    if (!isRemoval) {
      layer.edit = (row) =>
        row === undefined ? withStored(edit(undefined), stored) : withStored(row, stored)
      layer.isIn = (row) => row === undefined || withStored(row, stored) === row
    } else layer.isIn = (row) => row === undefined
    layer.version = version
    this.#layersChanged()
    this.#tell(layer.contactId, version)
    const { clock } = this.#parts.platform
    if (version === null) this.#askUntilIn(layer, clock.now() + writeLimits.pendingMostMs)
    else clock.schedule(() => this.#drop(layer), writeLimits.layerMostMs)
  }

  /** The ledger has not heard of the write. It will soon, and until an answer contains the write it stays laid over. */
  #askUntilIn(layer: Layer, untilMs: number): void {
    const { clock } = this.#parts.platform
    clock.schedule(() => {
      if (!this.#layers.includes(layer)) return
      const row = this.#heldRow(layer.contactId)
      const isOver = clock.now() >= untilMs || layer.isIn?.(row) === true
      if (isOver) this.#drop(layer)
      else this.#askUntilIn(layer, untilMs)
      this.#tell(layer.contactId, null)
    }, writeLimits.pendingAskEveryMs)
  }

  /** The contact as an answer has it, without the writes that are laid over. */
  #heldRow(contactId: string): JsonObject | undefined {
    for (const { belief } of this.#parts.cache.all()) {
      const row = belief.held?.data == null ? undefined : rowIn(belief.held.data, contactId)
      if (row !== undefined) return row
    }
    return undefined
  }

  /** A write is committed, without a version if the ledger has not heard of it; or its outcome is unknown (`undefined`). */
  #tell(contactId: string, version: number | null | undefined): void {
    const { cache, platform } = this.#parts
    const nowMs = platform.clock.now()
    if (version != null) cache.writtenVersion = Math.max(version, cache.writtenVersion ?? 0)
    for (const entry of cache.all()) {
      const { belief } = entry
      const data = belief.held?.data ?? null
      const isTouched = data !== null && rowIn(data, contactId) !== undefined
      const isTold = belief.isToldNow(cache.live?.knowledge() ?? unconnected, nowMs)
      if (version == null) entry.isProofDemanded ||= isTouched || version === undefined
      // The hub tells about those that it watches, and others are asked.
      else if (!isTold) belief.need(version, nowMs)
      else if (isTouched) entry.toldBy = { atMs: nowMs + clientLimits.writeToldMs, version }
      entry.refresh()
    }
  }

  #layersChanged(): void {
    const layers = this.#layers
    const overlay: Overlay = (path, data, version) => laidOver(path, data, version, layers)
    this.#parts.cache.overlay = layers.length === 0 ? null : overlay
    this.#parts.cache.refreshAll()
  }

  #drop(layer: Layer): void {
    const at = this.#layers.indexOf(layer)
    if (at < 0) return
    this.#layers.splice(at, 1)
    this.#layersChanged()
  }
}

/** The defaults of the database, for a contact that shows before it is stored. */
const presets: JsonObject = {
  email: null,
  phone: null,
  status: 'open',
  priority: 'medium',
  assigned_to: null,
  needs_response: false,
  follow_up: false,
  is_favorite: false,
  is_archived: false,
  sentiment: null,
  source: null,
  lead_status: null,
  tags: [],
  last_message: null,
}

const pathOf = (contactId: string) => `/api/contacts/${encodeURIComponent(contactId)}`

function rowOf(contact: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(contact).filter(([name]) => !furtherFields.has(name)))
}

/** The row with the stored values of its fields; the same object if it has them. */
function withStored(row: JsonObject | null, stored: JsonObject): JsonObject | null {
  if (row === null) return null
  const next = Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      Object.hasOwn(stored, name) ? (stored[name] ?? null) : value,
    ]),
  )
  const isSame = Object.entries(row).every(
    ([name, value]) => JSON.stringify(next[name]) === JSON.stringify(value),
  )
  return isSame ? row : next
}

function asJson(value: object): JsonObject {
  const json: unknown = JSON.parse(JSON.stringify(value))
  if (typeof json !== 'object' || json === null) throw new TypeError('A body of a write must be an object.')
  return json as JsonObject
}

function writtenOf({ data }: Fetched, contactId: string, method: Method): Written {
  const { contact, version, invalidation } = data ?? {}
  const isComplete = method === 'DELETE' || isJsonObject(contact)
  if (!isComplete || !(typeof version === 'number' || version === null)) {
    throw new BoardcacheError({
      code: 'answer_invalid',
      message: 'The answer to a write is not one of this API.',
      mayHaveHappened: true,
    })
  }
  return {
    contact: { ...(isJsonObject(contact) ? contact : {}), id: contactId },
    version,
    invalidation: invalidation === 'done' ? 'done' : 'pending',
  }
}
