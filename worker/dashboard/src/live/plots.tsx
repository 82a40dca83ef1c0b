import 'uplot/dist/uPlot.min.css'
import { useCallback, useMemo } from 'react'
import { sourceNames } from '../../../../shared/contract/tier-names.ts'
import { formatDayTime, formatMs, formatPercent, formatPerSecond } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { sourceTitles } from '../parts/source.tsx'
import { useChoices } from '../routing.ts'
import { type History, type Span, spansOf } from './history.ts'
import { hourMs, hoursBackTo, spansOfHours, spansWithin } from './hourly.ts'
import { marksIn } from './marks.ts'
import { Plot, type Series } from './plot.tsx'
import {
  hourlyWindowOf,
  isHourly,
  type PlotRange,
  type PlotWindow,
  parametersOfRange,
  rangeIn,
  rememberedRange,
  rememberRange,
  spanSecondsOf,
  windowOf,
} from './plot-range.ts'
import { plotTitles } from './plots-place.tsx'
import { RangeChoice } from './range-choice.tsx'
import { hoursMax, useHistory, useMarks } from './use-history.ts'

const perSecond = (count: number, { seconds }: Span) => (seconds === 0 ? null : count / seconds)

const hitRate: readonly Series[] = [
  { title: 'Hit rate', color: 'accent', value: ({ hitRate: rate }) => rate, isFilled: true },
]
const requests: readonly Series[] = [
  { title: 'Requests', color: 'accent', value: (span) => perSecond(span.requests, span), isFilled: true },
  { title: '4xx', color: 'warn', value: (span) => perSecond(span.clientErrors, span) },
  { title: '5xx', color: 'bad', value: (span) => perSecond(span.errors, span) },
]
const latency: readonly Series[] = [
  { title: 'p50, mean', color: 'p50', value: ({ p50Ms }) => p50Ms },
  { title: 'p95, worst', color: 'p95', value: ({ p95Ms }) => p95Ms },
  { title: 'p99, worst', color: 'p99', value: ({ p99Ms }) => p99Ms },
]
const hourlyLatency: readonly Series[] = [
  { title: 'p50', color: 'p50', value: ({ p50Ms }) => p50Ms },
  { title: 'p95', color: 'p95', value: ({ p95Ms }) => p95Ms },
  { title: 'p99', color: 'p99', value: ({ p99Ms }) => p99Ms },
]
const sources: readonly Series[] = sourceNames.map((name) => ({
  title: sourceTitles[name],
  color: `source-${name}`,
  value: (span) => perSecond(span.sources[name], span),
}))

interface Shown {
  readonly spans: readonly Span[]
  readonly window: PlotWindow
  readonly spanSeconds: number
}

/** The samples of the stream, merged into spans. */
function useSamples(history: History, range: PlotRange): Shown {
  const window = windowOf(range, history)
  const spanSeconds = spanSecondsOf(window, history)
  const { fromMs, toMs } = window
  const spans = useMemo(
    () => spansOf(history, spanSeconds, { fromMs, toMs }),
    [history, spanSeconds, fromMs, toMs],
  )
  return { spans, window, spanSeconds }
}

/** The figures of hours; null if the range does not need them. */
function useHours(range: PlotRange, newestAtMs: number): (Shown & ReturnType<typeof useHistory>) | null {
  // The window moves with the minutes, so that it is the same between two readings of the history.
  const nowMs = Math.ceil(newestAtMs / minuteMs) * minuteMs
  const isShown = isHourly(range, newestAtMs)
  const { fromMs, toMs } = hourlyWindowOf(range, nowMs)
  const report = useHistory(isShown ? hoursBackTo(fromMs, nowMs, hoursMax) : null)
  const { data } = report
  const spans = useMemo(
    () => (data === undefined ? [] : spansWithin(spansOfHours(data), { fromMs, toMs })),
    [data, fromMs, toMs],
  )
  return isShown ? { ...report, spans, window: { fromMs, toMs }, spanSeconds: hourMs / 1_000 } : null
}

const minuteMs = 60_000

/** The last hour, or hours of the last 30 days, in four plots that share their time axis and cursor. */
export function Plots({ history }: { history: History }) {
  const { query, choose } = useChoices()
  const range = useMemo(() => rangeIn(query, rememberedRange()), [query])
  const newestAtMs = history.at(-1)?.at_ms ?? 0
  const samples = useSamples(history, range)
  const hours = useHours(range, newestAtMs)
  const { spans, window, spanSeconds } = hours ?? samples
  const found = useMarks().data
  const marks = useMemo(() => (found === undefined ? [] : marksIn(found)), [found])
  const show = useCallback(
    (chosen: PlotRange) => {
      rememberRange(chosen)
      choose(parametersOfRange(chosen))
    },
    [choose],
  )
  const shared = { spans, window, spanSeconds, marks, onMark: show }
  return (
    <section aria-label="Figures over time">
      <RangeChoice range={range} window={window} newestAtMs={newestAtMs} onChange={show} />
      {hours !== null && <AboutHours hours={hours} />}
      <div className="plots">
        <Plot
          title={plotTitles.hitRate}
          unit={hours === null ? '%' : '% of each hour'}
          series={hitRate}
          format={formatPercent}
          maxAtLeast={1}
          {...shared}
        />
        <Plot
          title={plotTitles.requests}
          unit={hours === null ? 'per second' : 'per second, mean of the hour'}
          series={requests}
          format={formatPerSecond}
          maxAtLeast={1}
          {...shared}
        />
        <Plot
          title={plotTitles.latency}
          unit={hours === null ? `of the seconds in ${spanSeconds} s` : 'of all reads of the hour'}
          series={hours === null ? latency : hourlyLatency}
          format={formatMs}
          maxAtLeast={10}
          {...shared}
        />
        <Plot
          title={plotTitles.sources}
          unit={hours === null ? 'per second' : 'per second, mean of the hour'}
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

/** Says what a point means, since it is another thing than in the last hour. */
function AboutHours({ hours }: { hours: NonNullable<ReturnType<typeof useHours>> }) {
  if (hours.isError && hours.data === undefined) {
    return <FailureNotice error={hours.error} retry={() => void hours.refetch()} />
  }
  const keptFromMs = hours.data?.kept_from_ms ?? null
  return (
    <p className="plots-meaning quiet small">
      A point is an hour: rates are its mean, percentiles are those of all its reads.{' '}
      {hours.data === undefined
        ? 'Loading …'
        : keptFromMs === null
          ? 'No hour is kept yet.'
          : `Kept for 30 days; the oldest hour here began ${formatDayTime(keptFromMs)}.`}
    </p>
  )
}
