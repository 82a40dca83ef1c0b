import 'uplot/dist/uPlot.min.css'
import { useMemo, useState } from 'react'
import { sourceNames } from '../../../../shared/contract/tier-names.ts'
import { formatMs, formatPercent, formatPerSecond } from '../parts/format.ts'
import { Segments } from '../parts/segments.tsx'
import { sourceTitles } from '../parts/source.tsx'
import { type History, type Span, spansOf } from './history.ts'
import { Plot, type Series } from './plot.tsx'

/** The period that is shown, and the span of one point: a plot has some hundred pixels. */
const ranges = [
  { value: '1h', title: '1 hour', seconds: 3_600, spanSeconds: 10 },
  { value: '15min', title: '15 min', seconds: 900, spanSeconds: 3 },
  { value: '5min', title: '5 min', seconds: 300, spanSeconds: 1 },
] as const

const perSecond = (count: number, { seconds }: Span) => (seconds === 0 ? null : count / seconds)

const hitRate: readonly Series[] = [
  { title: 'Hit rate', color: 'accent', value: ({ hitRate: rate }) => rate, isFilled: true },
]
const requests: readonly Series[] = [
  { title: 'Requests', color: 'accent', value: (span) => perSecond(span.requests, span), isFilled: true },
  { title: 'Errors', color: 'bad', value: (span) => perSecond(span.errors, span) },
]
const latency: readonly Series[] = [
  { title: 'p50', color: 'p50', value: ({ p50Ms }) => p50Ms },
  { title: 'p95', color: 'p95', value: ({ p95Ms }) => p95Ms },
  { title: 'p99', color: 'p99', value: ({ p99Ms }) => p99Ms },
]
const sources: readonly Series[] = sourceNames.map((name) => ({
  title: sourceTitles[name],
  color: `source-${name}`,
  value: (span) => perSecond(span.sources[name], span),
}))

/** The last hour in four plots that share their time axis and cursor. */
export function Plots({ history }: { history: History }) {
  const [range, setRange] = useState<(typeof ranges)[number]>(ranges[0])
  const newestAtMs = history.at(-1)?.at_ms ?? 0
  const spans = useMemo(
    () => spansOf(history, range.spanSeconds, newestAtMs - range.seconds * 1_000),
    [history, range, newestAtMs],
  )
  const window = { fromMs: newestAtMs - range.seconds * 1_000, toMs: newestAtMs }
  const shared = { spans, window, spanSeconds: range.spanSeconds }
  return (
    <section aria-label="The last hour in plots">
      <Segments
        label="Time shown"
        value={range.value}
        options={ranges}
        onChange={(chosen) => setRange(ranges.find(({ value }) => value === chosen) ?? ranges[0])}
      />
      <div className="plots">
        <Plot title="Hit rate" unit="%" series={hitRate} format={formatPercent} maxAtLeast={1} {...shared} />
        <Plot
          title="Requests"
          unit="per second"
          series={requests}
          format={formatPerSecond}
          maxAtLeast={1}
          {...shared}
        />
        <Plot
          title="Latency"
          unit="milliseconds"
          series={latency}
          format={formatMs}
          maxAtLeast={10}
          {...shared}
        />
        <Plot
          title="Where answers come from"
          unit="per second"
          series={sources}
          format={formatPerSecond}
          maxAtLeast={1}
          isStacked
          {...shared}
        />
      </div>
    </section>
  )
}
