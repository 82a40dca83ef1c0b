import { cpuMs } from './hitrate-prices.ts'
import type { Counts } from './live-stack.ts'

/**
 * A month of the three designs, reckoned from what a workspace with its viewers was measured to use. It is what is billed beyond a plan's
 * included amounts, in US dollars, without storage and monthly fees:
 *
 * - requests, CPU: developers.cloudflare.com/workers/platform/pricing. Opening a WebSocket is one request.
 * - Durable Objects: developers.cloudflare.com/durable-objects/platform/pricing. Each call and each alarm is a request; twenty messages
 *   that come in over WebSockets are one; messages that go out and the platform's own answers are free (footnotes 1 to 3). An object has
 *   128 MB and is billed for the time in which it works, and not while it could hibernate (footnotes 4 and 5). Rows written are $1.00 a
 *   million, and `setAlarm` writes one.
 * - KV: developers.cloudflare.com/kv/platform/pricing.
 * - Redis: upstash.com/pricing/redis, pay as you go, $0.20 for 100,000 commands.
 * - egress of the origin: supabase.com/pricing, $0.09 a GB.
 *
 * Not in it, because it does not depend on viewers or writes: the relay's marks, and the objects of the metrics.
 */
export const livePricesDate = '2026-11-09'

const dollarsAMillion = {
  requests: 0.3,
  cpuMs: 0.02,
  objectRequests: 0.15,
  rowsWritten: 1,
  kvReads: 0.5,
  kvWrites: 5,
  redisCommands: 2,
  gigabyteSeconds: 12.5,
  originMegabytes: 0.09 * 1_000,
} as const

const objectGigabytes = 0.128
/** A call of an object takes at most this long, and most take far less. */
const objectCallSeconds = 0.01
const messagesARequest = 20

/** Everything that is billed, by the names of the prices. */
export type Used = Readonly<Record<keyof typeof dollarsAMillion, number>>

/** The crowd for which a month is reckoned. */
export const crowd = {
  browsers: 100_000,
  workspaces: 500,
  writesASecond: 0.2,
  /** How often each live browser opens its socket: new tabs, tabs that were hidden, networks that changed, deploys. */
  openingsAnHour: 1,
} as const
export const viewersOfWorkspace = crowd.browsers / crowd.workspaces
const hoursOfMonth = 730

/** The measurements of one workspace with `viewersOfWorkspace` viewers. */
export interface MeasuredDesign {
  /** Of the time in which nothing was written, and how long that was. */
  readonly idle: Counts
  readonly idleSeconds: number
  /** Of the time with writes, their number, and how long it was. */
  readonly written: Counts
  readonly writes: number
  readonly writtenSeconds: number
  /** Messages of one viewer to a hub or pusher in an hour, heartbeats included; 0 without a socket. */
  readonly messagesAnHour: number
}

export interface Month {
  /** With everybody's browser open and nothing written. */
  readonly idle: number
  /** The dollars that writes add. */
  readonly writes: number
  readonly openings: number
  readonly total: number
  /** The use of one write, and that of a viewer in an hour of which nothing happens. */
  readonly aWrite: Used
  readonly aViewerHour: Used
}

export function monthOf(measured: MeasuredDesign): Month {
  const { idle, idleSeconds, written, writes, writtenSeconds, messagesAnHour } = measured
  const idleSecond = scaled(usedIn(idle), 1 / idleSeconds)
  const ownIdleSecond = scaled(usedIn(withoutDeployment(idle)), 1 / idleSeconds)
  const aWrite = scaled(plus(usedIn(written), scaled(idleSecond, -writtenSeconds)), 1 / writes)
  const messages = none({
    objectRequests: messagesAnHour / messagesARequest,
    gigabyteSeconds: messagesAnHour * objectCallSeconds * objectGigabytes,
  })
  const aViewerHour = plus(scaled(ownIdleSecond, 3_600 / viewersOfWorkspace), messages)
  const opening = none({
    ...{ requests: 1, cpuMs: cpuMs.request, objectRequests: 1 + 2 / messagesARequest },
    gigabyteSeconds: 3 * objectCallSeconds * objectGigabytes,
  })
  const openings = messagesAnHour === 0 ? 0 : crowd.openingsAnHour * hoursOfMonth * crowd.browsers
  const month = {
    idle: dollarsOf(aViewerHour) * hoursOfMonth * crowd.browsers,
    writes: dollarsOf(aWrite) * hoursOfMonth * 3_600 * crowd.writesASecond * crowd.workspaces,
    openings: dollarsOf(opening) * openings,
  }
  return { ...month, total: month.idle + month.writes + month.openings, aWrite, aViewerHour }
}

/** The bill of the counts of a Worker (workers/live-counts.ts), in units. */
export function usedIn(counts: Counts): Used {
  const sum = (...patterns: readonly RegExp[]) =>
    Object.entries(counts)
      .filter(([name]) => patterns.some((pattern) => pattern.test(name)))
      .reduce((total, [, times]) => total + times, 0)
  const requests = sum(/^request /)
  const kvReads = sum(/^kv get/)
  const kvWrites = sum(/^kv put/)
  const redisCommands = sum(/^redis commands$/)
  const loads = sum(/^origin \//)
  const objectRequests = sum(/^object /, /^alarm /)
  return {
    ...{ requests, kvReads, kvWrites, redisCommands, objectRequests },
    cpuMs:
      requests * cpuMs.request +
      kvReads * cpuMs.kvRead +
      (kvWrites + redisCommands) * cpuMs.redisRead +
      loads * cpuMs.load,
    rowsWritten: sum(/^rows /),
    // The time of hubs is measured, and that of other objects follows from their calls.
    gigabyteSeconds:
      (sum(/^active ms /) / 1_000 +
        (objectRequests - sum(/^object LIVE /, /^alarm LIVE/)) * objectCallSeconds) *
      objectGigabytes,
    originMegabytes: sum(/^origin bytes$/) / 1e6,
  }
}

/** The counts without what the whole deployment uses, however many workspaces it has: marks, metrics and checks of health. */
function withoutDeployment(counts: Counts): Counts {
  const isShared = (name: string) => /METRICS|marks|MARKS|metrics|health|^redis/.test(name)
  return Object.fromEntries(Object.entries(counts).filter(([name]) => !isShared(name)))
}

export function dollarsOf(used: Used): number {
  const costs = mapped((name) => used[name] * dollarsAMillion[name])
  return Object.values(costs).reduce((sum, cost) => sum + cost, 0) / 1_000_000
}

function none(but: Partial<Used>): Used {
  return { ...nothing, ...but }
}

const nothing = usedIn({})

function scaled(used: Used, by: number): Used {
  return mapped((name) => used[name] * by)
}

function plus(one: Used, other: Used): Used {
  return mapped((name) => one[name] + other[name])
}

function mapped(value: (name: keyof Used) => number): Used {
  return {
    ...{ requests: value('requests'), cpuMs: value('cpuMs'), objectRequests: value('objectRequests') },
    ...{ rowsWritten: value('rowsWritten'), kvReads: value('kvReads'), kvWrites: value('kvWrites') },
    redisCommands: value('redisCommands'),
    gigabyteSeconds: value('gigabyteSeconds'),
    originMegabytes: value('originMegabytes'),
  }
}
