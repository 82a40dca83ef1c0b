import 'uplot/dist/uPlot.min.css'
import { useCallback, useMemo } from 'react'
import { sourceNames } from '../../../../shared/contract/tier-names.ts'
import { formatMs, formatPercent, formatPerSecond } from '../parts/format.ts'
import { sourceTitles } from '../parts/source.tsx'
import { useChoices } from '../routing.ts'
import { type History, type Span, spansOf } from './history.ts'
import { Plot, type Series } from './plot.tsx'
import {
  type PlotRange,
  parametersOfRange,
  rangeIn,
  rememberedRange,
  rememberRange,
  spanSecondsOf,
  windowOf,
} from './plot-range.ts'
import { plotTitles } from './plots-place.tsx'
import { RangeChoice } from './range-choice.tsx'

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
const sources: readonly Series[] = sourceNames.map((name) => ({
  title: sourceTitles[name],
  color: `source-${name}`,
  value: (span) => perSecond(span.sources[name], span),
}))

/** The last hour in four plots that share their time axis and cursor. */
export function Plots({ history }: { history: History }) {
  const { query, choose } = useChoices()
  const range = useMemo(() => rangeIn(query, rememberedRange()), [query])
  const window = windowOf(range, history)
  const spanSeconds = spanSecondsOf(window, history)
  const { fromMs, toMs } = window
  const spans = useMemo(
    () => spansOf(history, spanSeconds, { fromMs, toMs }),
    [history, spanSeconds, fromMs, toMs],
  )
  const show = useCallback(
    (chosen: PlotRange) => {
      rememberRange(chosen)
      choose(parametersOfRange(chosen))
    },
    [choose],
  )
  const shared = { spans, window, spanSeconds, onMark: show }
  return (
    <section aria-label="The last hour in plots">
      <RangeChoice range={range} window={window} onChange={show} />
      <div className="plots">
        <Plot
          title={plotTitles.hitRate}
          unit="%"
          series={hitRate}
          format={formatPercent}
          maxAtLeast={1}
          {...shared}
        />
        <Plot
          title={plotTitles.requests}
          unit="per second"
          series={requests}
          format={formatPerSecond}
          maxAtLeast={1}
          {...shared}
        />
        <Plot
          title={plotTitles.latency}
          unit={`of the seconds in ${spanSeconds} s`}
          series={latency}
          format={formatMs}
          maxAtLeast={10}
          {...shared}
        />
        <Plot
          title={plotTitles.sources}
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
