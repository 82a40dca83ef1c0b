import { type QueueName, queueNames } from '../../../../shared/contract/queue-names.ts'
import type { QueueMetrics } from '../../../../shared/contract/queues.ts'

/** The waiting jobs of all queues at one time. */
interface DepthSample {
  readonly atMs: number
  readonly waiting: ReadonlyMap<QueueName, number>
}

export type DepthTrend = readonly DepthSample[]

/** A trend is as long as this, since that is how long somebody looks who wonders whether a queue gets shorter. */
export const trendMs = 600_000

/** Appends the latest figures, unless they are the ones that came before, and drops what is too old. */
export function withFigures(before: DepthTrend, { queues, timestamp }: QueueMetrics): DepthTrend {
  const atMs = Date.parse(timestamp)
  const latest = before.at(-1)
  if (latest !== undefined && latest.atMs >= atMs) return before
  const waiting = new Map(queueNames.map((name) => [name, queues[name]?.waiting ?? 0]))
  return [...before.filter((sample) => sample.atMs > atMs - trendMs), { atMs, waiting }]
}

/**
 * The points of a line through the depths of a queue, in a box of this size, as SVG writes them. The lower edge is no job, the upper one
 * the most that there were. Null without a line: too little is known, or nothing ever waited.
 */
export function pointsOf(
  trend: DepthTrend,
  name: QueueName,
  { width, height }: { readonly width: number; readonly height: number },
): string | null {
  const [first] = trend
  const last = trend.at(-1)
  const depthOf = ({ waiting }: DepthSample) => waiting.get(name) ?? 0
  const most = Math.max(...trend.map(depthOf))
  if (first === undefined || last === undefined || first === last || most === 0) return null
  const span = last.atMs - first.atMs
  return trend
    .map((sample) => {
      const x = (width * (sample.atMs - first.atMs)) / span
      const y = height - (height * depthOf(sample)) / most
      return `${x.toFixed(1)},${y.toFixed(1)}`
    })
    .join(' ')
}
