import { fork } from 'node:child_process'
import { once } from 'node:events'
import { constants, setPriority } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { JsonObject } from '../../shared/live/json-value.ts'
import { PollingViewer, RefetchViewer } from './live-asking-viewers.ts'
import {
  createGround,
  entryOf,
  type Ground,
  shownPart,
  type Viewer,
  type ViewerOptions,
} from './live-ground.ts'
import { HubViewer } from './live-hub-viewer.ts'

/** The three ways in which an open browser learns of changes. */
export const designs = ['live', 'polling', 'refetch'] as const
export type DesignName = (typeof designs)[number]

const viewerSchema = z.object({
  token: z.string(),
  paths: z.array(z.string()).readonly(),
  isDecoding: z.boolean(),
})
const orderSchema = z.discriminatedUnion('kind', [
  z.object({
    ...{ kind: z.literal('open'), design: z.enum(designs), viewers: z.array(viewerSchema) },
    ...{ worker: z.string(), pusher: z.string(), workspaceId: z.string(), spreadMs: z.number() },
  }),
  z.object({ kind: z.literal('take') }),
  z.object({ kind: z.literal('drop') }),
  z.object({ kind: z.literal('return'), spreadMs: z.number() }),
  z.object({ kind: z.literal('judge') }),
])
type Order = z.output<typeof orderSchema>

/** How many milliseconds each viewer took from the beginning of its connection until all that it shows was current; null for never. */
const openedSchema = z.array(z.number().nullable())
export type Opened = z.output<typeof openedSchema>

const takenSchema = z.object({
  arrivals: z.object({ numbers: z.array(z.number()), atMs: z.array(z.number()) }),
  tally: z.record(z.string(), z.number()),
})
export type Taken = z.output<typeof takenSchema>

/** Of all that viewers show, how much equals an answer that the ledger proved, and how much of what they decoded equals its body. */
const judgedSchema = z.object({
  ...{ shown: z.int(), equal: z.int(), decoded: z.int(), decodedEqual: z.int() },
  truths: z.record(z.string(), z.unknown()),
})
export type Judged = z.output<typeof judgedSchema>

type Opening = Omit<Extract<Order, { kind: 'open' }>, 'kind'>

/** Viewers in a process of their own. Opening others closes those that were open. */
export interface Clients {
  open(opening: Opening): Promise<Opened>
  /** The arrivals and events since the last call. */
  take(): Promise<Taken>
  /** Makes all viewers lose their connections. */
  drop(): Promise<void>
  /** Opens lost connections again, each after a random part of this time. */
  comeBack(spreadMs: number): Promise<Opened>
  judge(): Promise<Judged>
  stop(): void
}

export function startClients(): Clients {
  const child = fork(fileURLToPath(import.meta.url), { serialization: 'advanced' })
  // In production viewers have machines of their own. Here they shall not keep the processor from what they measure.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
  async function send(order: Order): Promise<unknown> {
    const answered = once(child, 'message')
    child.send(order)
    const [answer] = await answered
    return answer
  }
  return {
    open: async (opening) => openedSchema.parse(await send({ kind: 'open', ...opening })),
    take: async () => takenSchema.parse(await send({ kind: 'take' })),
    drop: async () => void (await send({ kind: 'drop' })),
    comeBack: async (spreadMs) => openedSchema.parse(await send({ kind: 'return', spreadMs })),
    judge: async () => judgedSchema.parse(await send({ kind: 'judge' })),
    stop: () => child.disconnect(),
  }
}

let ground: Ground | null = null
let viewers: readonly (readonly [Viewer, ViewerOptions])[] = []

async function perform(order: Order): Promise<unknown> {
  switch (order.kind) {
    case 'open': {
      for (const [viewer] of viewers) viewer.close()
      const opened = createGround(order)
      ground = opened
      viewers = order.viewers.map((options) => [viewerOf(order.design, opened, options), options])
      return openAll(order.spreadMs)
    }
    case 'take':
      return takeAll()
    case 'drop':
      for (const [viewer] of viewers) viewer.drop()
      return null
    case 'return':
      return openAll(order.spreadMs)
    case 'judge':
      return judgeAll()
  }
}

function viewerOf(design: DesignName, on: Ground, options: ViewerOptions): Viewer {
  if (design === 'live') return new HubViewer(on, options)
  return design === 'polling' ? new PollingViewer(on, options) : new RefetchViewer(on, options)
}

function openAll(spreadMs: number): Promise<Opened> {
  return Promise.all(
    viewers.map(async ([viewer]) => {
      await wait(Math.random() * spreadMs)
      return viewer.open()
    }),
  )
}

function takeAll(): Taken {
  if (ground === null) return { arrivals: { numbers: [], atMs: [] }, tally: {} }
  const { arrivals, tally } = ground
  const taken = {
    arrivals: { numbers: arrivals.numbers.splice(0), atMs: arrivals.atMs.splice(0) },
    tally: Object.fromEntries(tally),
  }
  tally.clear()
  return taken
}

async function judgeAll(): Promise<Judged> {
  const judged = { shown: 0, equal: 0, decoded: 0, decodedEqual: 0 }
  const truths: Record<string, JsonObject> = {}
  const answers = new Map<string, ReturnType<typeof askProved>>()
  for (const [{ held, decoded }, { paths, token }] of viewers) {
    for (const path of paths) {
      const asked = answers.get(path) ?? askProved(path, token)
      answers.set(path, asked)
      const { etag, body } = await asked
      truths[path] = body
      judged.shown += 1
      if (held.get(path) === etag) judged.equal += 1
      const own = decoded?.get(path)
      if (own === undefined) continue
      judged.decoded += 1
      if (canonical(own) === canonical(body)) judged.decodedEqual += 1
    }
  }
  return { ...judged, truths }
}

async function askProved(path: string, token: string): Promise<{ etag: string; body: JsonObject }> {
  if (ground === null) throw new Error('live-clients.ts: nothing is open')
  const answer = await ground.ask(path, { token, etag: null, version: null, isProved: true })
  const etag = entryOf(answer)
  if (etag === null || answer.body === null) throw new Error(`live-clients.ts: ${answer.status} for ${path}`)
  return { etag, body: shownPart(answer.body) }
}

/** The text of an object with its members in one order, which differences do not keep. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on('message', async (order) => process.send?.(await perform(orderSchema.parse(order))))
  process.on('disconnect', () => process.exit(0))
}
