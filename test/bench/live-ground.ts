import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { JsonObject } from '../../shared/live/json-value.ts'
import { entryEtagOf } from '../../shared/live/wire.ts'
import { minVersionHeader } from '../../worker/cache/wish.ts'
import { type Arrivals, newestIn } from './live-arrivals.ts'

/** One viewer, whatever its design. */
export interface Viewer {
  /** Begins to show its questions. Answers after how many milliseconds all of them were current; null if it could not be opened. */
  open(): Promise<number | null>
  /** Loses its connection, as in a deploy. */
  drop(): void
  close(): void
  /** The ETags of what it shows, by path. */
  readonly held: ReadonlyMap<string, string>
  /** The content that it shows, by path, if it decodes all that it receives by itself. */
  readonly decoded: ReadonlyMap<string, JsonObject> | null
}

export interface ViewerOptions {
  readonly token: string
  readonly paths: readonly string[]
  readonly isDecoding: boolean
}

/** The answer to a question: `body` is null with 304, and for a status other than 200. */
export interface Asked {
  readonly status: number
  readonly etag: string | null
  readonly body: JsonObject | null
  readonly text: string
}

export interface Asking {
  readonly token: string
  readonly etag: string | null
  /** The version that the answer must have at least. */
  readonly version: number | null
  /** Whether the ledger must prove the answer. */
  readonly isProved?: boolean
}

/** The viewers of one process and what they have in common. */
export interface Ground {
  readonly workspaceId: string
  readonly worker: string
  readonly pusher: string
  readonly arrivals: Arrivals
  /** Events by name: requests by status, frames by type, and everything that must not happen, whose names begin with "lost". */
  readonly tally: Map<string, number>
  readonly bodies: Bodies
  note(name: string): void
  ask(path: string, asking: Asking): Promise<Asked>
  /** The answer that all viewers begin with, as if each had it in its own cache. */
  first(path: string, token: string): Promise<Asked>
}

/** Bodies by path and ETag. Viewers that hold the same entry share its body, so that thousands of them fit into one process. */
export interface Bodies {
  get(path: string, etag: string): JsonObject | null
  put(path: string, etag: string, body: JsonObject): void
}

const bodiesMax = 500
const answerDeadlineMs = 20_000
/** The time over which clients spread what a change makes all of them ask. */
const askSpreadMs = 150

const answerSchema = z.looseObject({ data: z.record(z.string(), z.json()) })

export function createGround(options: Pick<Ground, 'workspaceId' | 'worker' | 'pusher'>): Ground {
  const tally = new Map<string, number>()
  const firsts = new Map<string, Promise<Asked>>()
  const note = (name: string) => void tally.set(name, (tally.get(name) ?? 0) + 1)

  const ask: Ground['ask'] = async (path, { token, etag, version, isProved = false }) => {
    const response = await fetch(`${options.worker}${path}`, {
      headers: {
        Authorization: `Bearer ${token}`,
        'X-Workspace-ID': options.workspaceId,
        ...(etag === null ? {} : { 'If-None-Match': etag }),
        ...(isProved ? { 'Cache-Control': 'no-cache' } : {}),
        ...(version === null ? {} : { [minVersionHeader]: String(version) }),
      },
      signal: AbortSignal.timeout(answerDeadlineMs),
    }).catch(() => null)
    const text = (await response?.text().catch(() => null)) ?? null
    if (response === null || text === null) {
      note('lost answers')
      return { status: 0, etag: null, body: null, text: '' }
    }
    note(`requests ${response.status}`)
    const body = response.status === 200 ? shownPart(answerSchema.parse(JSON.parse(text)).data) : null
    return { status: response.status, etag: response.headers.get('ETag'), body, text }
  }
  return {
    ...options,
    arrivals: { numbers: [], atMs: [] },
    tally,
    bodies: createBodies(),
    note,
    ask,
    first(path, token) {
      const asked = firsts.get(path) ?? ask(path, { token, etag: null, version: null })
      firsts.set(path, asked)
      return asked
    },
  }
}

/** Waits for a random part of the time over which clients spread their requests. */
export function spread(ms = askSpreadMs): Promise<unknown> {
  return wait(Math.random() * ms)
}

/** An answer without the members that say where it came from. */
export function shownPart(data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !name.startsWith('_')))
}

export function entryOf({ etag }: Asked): string | null {
  return etag === null ? null : entryEtagOf(etag)
}

/** The newest write that what a viewer begins with shows. */
export function newestOf(answers: readonly Asked[]): number {
  return Math.max(0, ...answers.map(({ text }) => newestIn(text)))
}

function createBodies(): Bodies {
  const bodies = new Map<string, JsonObject>()
  return {
    get: (path, etag) => bodies.get(`${path} ${etag}`) ?? null,
    put(path, etag, body) {
      bodies.set(`${path} ${etag}`, body)
      const [oldest] = bodies.keys()
      if (bodies.size > bodiesMax && oldest !== undefined) bodies.delete(oldest)
    },
  }
}
