import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { percentile } from '../support/percentile.ts'
import { pollEveryMs } from './live-asking-viewers.ts'
import type { DesignName, Judged, Taken } from './live-clients.ts'
import { type Counts, type LiveStack, unwatchedWorkspace, watchedWorkspace } from './live-stack.ts'
import { createWriter, type Writer } from './live-writer.ts'

/** A time with writes, or without any, seen by the viewers of one design. */
export interface Phase {
  readonly design: DesignName
  readonly viewers: number
  readonly writes: number
  readonly seconds: number
  /** From each commit to each viewer of the page that shows it. */
  readonly arrivalsMs: readonly number[]
  /** Arrivals that did not come. */
  readonly missing: number
  readonly tally: Taken['tally']
  readonly counts: Counts
  /** Viewers whose page, counts or decoded content is not the database's at the end, and what else must not happen, by name. */
  readonly wrong: Readonly<Record<string, number>>
}

/** How long viewers may take until they have everything. */
const settleMs: Readonly<Record<DesignName, number>> = {
  live: 3_000,
  refetch: 3_000,
  polling: pollEveryMs + 2_000,
}

const settleEveryMs = 2_000
const settleMaxMs = 20_000

export interface Bench {
  readonly live: LiveStack
  readonly writer: Writer
}

export async function startBench(live: LiveStack): Promise<Bench> {
  const contactIds = await live.contactIds(watchedWorkspace)
  return { live, writer: createWriter(live.stack.sql, watchedWorkspace, contactIds) }
}

/** Measures the use of a design while its viewers are open and nothing is written. */
export async function measureIdle({ live }: Bench, design: DesignName, seconds: number): Promise<Phase> {
  const { clients } = live
  await clients.take()
  await live.takeCounts()
  await wait(1_000 * seconds)
  const { tally } = await clients.take()
  const counts = await live.takeCounts()
  const nothing = { writes: 0, arrivalsMs: [], missing: 0, wrong: {} }
  return { design, viewers: 0, seconds, tally, counts, ...nothing }
}

interface Writes {
  readonly design: DesignName
  readonly watching: number
  readonly viewers: number
  readonly writes: number
  readonly perSecond: number
}

/** Writes, and measures when each of them reaches the viewers that are open. */
export async function measureWrites({ live, writer }: Bench, writing: Writes): Promise<Phase> {
  const { design, watching, viewers, writes, perSecond } = writing
  const { clients } = live
  await clients.take()
  await live.takeCounts()
  const startedAtMs = performance.now()
  const first = writer.committedAtMs.size + 1
  await writer.write(writes, perSecond)
  await wait(settleMs[design])
  const counts = await live.takeCounts()
  const seconds = (performance.now() - startedAtMs) / 1_000
  await settled(live)
  const { arrivals, tally } = await clients.take()
  const took = tookOf(arrivals, writer).filter(({ number }) => number >= first)
  return {
    ...{ design, viewers, writes, seconds, tally, counts },
    arrivalsMs: took.map(({ ms }) => ms),
    missing: writes * watching - took.length,
    wrong: { ...breachesIn(tally), ...wrongIn(await clients.judge(), await namesIn(live)) },
  }
}

/** Waits until all viewers show the proved answers, but not for ever. */
async function settled({ clients }: LiveStack): Promise<void> {
  for (let waitedMs = 0; waitedMs < settleMaxMs; waitedMs += settleEveryMs) {
    const { shown, equal } = await clients.judge()
    if (shown === equal) break
    await wait(settleEveryMs)
  }
}

function tookOf({ numbers, atMs }: Taken['arrivals'], { committedAtMs }: Writer) {
  return numbers.map((number, index) => ({
    number,
    ms: (atMs[index] ?? Number.NaN) - (committedAtMs.get(number) ?? Number.NaN),
  }))
}

export function breachesIn(tally: Taken['tally']): Record<string, number> {
  return Object.fromEntries(Object.entries(tally).filter(([name]) => name.startsWith('lost')))
}

const pageSchema = z.object({ contacts: z.array(z.object({ name: z.string() })) })

/** The names on the page that is written, by a query of the database alone. */
async function namesIn(live: LiveStack): Promise<string> {
  const ids = await live.contactIds(watchedWorkspace)
  const rows = await live.stack.sql`
    select id, name from contacts where workspace_id = ${watchedWorkspace} and id = any(${[...ids]})`
  const names = new Map(rows.map((row) => [String(row['id']), String(row['name'])]))
  return ids.map((id) => names.get(id)).join('\n')
}

export function wrongIn(judged: Judged, names: string): Record<string, number> {
  const pages = Object.values(judged.truths).flatMap((truth) => pageSchema.safeParse(truth).data ?? [])
  const isThere = pages.some(({ contacts }) => contacts.map(({ name }) => name).join('\n') === names)
  const wrong = {
    'not the proved answer': judged.shown - judged.equal,
    'decoded to something else': judged.decoded - judged.decodedEqual,
    'a proved answer that is not the database': isThere ? 0 : 1,
  }
  return Object.fromEntries(Object.entries(wrong).filter(([, times]) => times > 0))
}

/** The calls of a ledger while a hub sends, and while the same writes go to a workspace without viewers. */
export interface LedgerCalls {
  readonly call: 'since' | 'advance'
  readonly p50Ms: { readonly sending: number; readonly quiet: number }
  readonly p99Ms: { readonly sending: number; readonly quiet: number }
}

const callEveryMs = 10

export async function measureLedger(
  { live, writer }: Bench,
  { phases, seconds, perSecond }: { phases: number; seconds: number; perSecond: number },
): Promise<readonly LedgerCalls[]> {
  const unwatched = await live.contactIds(unwatchedWorkspace)
  const elsewhere = createWriter(live.stack.sql, unwatchedWorkspace, unwatched)
  const tookMs = { sending: [] as CallsMs[], quiet: [] as CallsMs[] }
  for (let phase = 0; phase < 2 * phases; phase += 1) {
    const kind = phase % 2 === 0 ? 'sending' : 'quiet'
    const writing = (kind === 'sending' ? writer : elsewhere).write(seconds * perSecond, perSecond)
    tookMs[kind].push(await callWhile(live, writing))
    // The effects of the last writes must not fall into the next phase.
    await wait(1_500)
  }
  return (['since', 'advance'] as const).map((call) => {
    // One call in a hundred of a single phase is two or three calls, so the phases are taken together.
    const at = (kind: keyof typeof tookMs, share: number) =>
      percentile(
        tookMs[kind].flatMap((phase) => phase[call]),
        share,
      )
    return {
      call,
      p50Ms: { sending: at('sending', 0.5), quiet: at('quiet', 0.5) },
      p99Ms: { sending: at('sending', 0.99), quiet: at('quiet', 0.99) },
    }
  })
}

interface CallsMs {
  readonly since: number[]
  readonly advance: number[]
}

async function callWhile(live: LiveStack, writing: Promise<void>): Promise<CallsMs> {
  const tookMs: CallsMs = { since: [], advance: [] }
  let isWriting = true
  const written = writing.finally(() => {
    isWriting = false
  })
  while (isWriting) {
    tookMs.since.push(await live.callLedger('since'))
    await wait(callEveryMs)
    tookMs.advance.push(await live.callLedger('advance'))
    await wait(callEveryMs)
  }
  await written
  return tookMs
}

/** All viewers' connections end because the Worker restarts, and they come back while others write. */
export interface Return {
  readonly currentMs: readonly (number | null)[]
  readonly statuses: Readonly<Record<string, number>>
  readonly requests: number
  readonly wrong: Readonly<Record<string, number>>
}

export async function measureReturn({ live, writer }: Bench, spreadMs: number): Promise<Return> {
  const { clients, stack } = live
  await stack.pieces.worker.stop()
  await stack.pieces.worker.start()
  await clients.take()
  const writing = writer.write(Math.ceil(spreadMs / 1_000), 1)
  const currentMs = await clients.comeBack(spreadMs)
  await writing
  await settled(live)
  const { tally } = await clients.take()
  const named = (start: string) =>
    Object.fromEntries(Object.entries(tally).filter(([name]) => name.startsWith(start)))
  const requests = Object.values(named('requests ')).reduce((sum, times) => sum + times, 0)
  return {
    ...{ currentMs, requests },
    statuses: { ...named('sockets '), ...named('requests ') },
    wrong: { ...breachesIn(tally), ...wrongIn(await clients.judge(), await namesIn(live)) },
  }
}
