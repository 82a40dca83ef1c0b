import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import { formatClock, formatDate, formatDayTime, formatTime } from '../parts/format.ts'
import { Panel } from '../parts/panel.tsx'
import { colorOf, useIsDark } from '../theme.ts'
import type { Span } from './history.ts'
import { hourMs } from './hourly.ts'
import type { PlotMark } from './marks.ts'
import { MarksLayer } from './marks-layer.tsx'
import { type PlotRange, windowMsMin } from './plot-range.ts'
import { plotRoom } from './plot-room.ts'

/** One line of a plot. Its colour is the property of that name in the style sheet. */
export interface Series {
  readonly title: string
  readonly color: string
  readonly isFilled?: boolean
  value(span: Span): number | null
}

interface PlotProps {
  readonly title: string
  readonly unit: string
  readonly series: readonly Series[]
  readonly spans: readonly Span[]
  readonly spanSeconds: number
  readonly window: { readonly fromMs: number; readonly toMs: number }
  /** The axis reaches at least this far, so that noise near zero does not look like a storm. */
  readonly maxAtLeast: number
  /** Whether each series is stacked on the ones before it. */
  readonly isStacked?: boolean
  format(value: number | null): string
  readonly marks: readonly PlotMark[]
  /** Called with the part of the time axis that the user has marked in the plot. */
  onMark(range: PlotRange): void
}

/** All plots of the page share one cursor. */
const sync = uPlot.sync('live')
const heightPx = 160

/**
 * A plot over time. Below it are its values under the pointer, or the latest ones, which are also written for people who cannot see the
 * plot.
 */
export function Plot(props: PlotProps) {
  const { title, unit, series, spans, spanSeconds, format } = props
  const formatAt = spanSeconds * 1_000 >= hourMs ? formatDayTime : formatClock
  const [pointedAtMs, setPointedAtMs] = useState<number | null>(null)
  const last = spans.at(-1)
  const pointed = pointedAtMs === null ? undefined : spans.find(({ atMs }) => atMs === pointedAtMs)
  const shown = pointed ?? last
  const spoken = series.map((each) => `${each.title} ${format(last === undefined ? null : each.value(last))}`)
  return (
    <Panel title={title} className="plot" aside={<span className="quiet small">{unit}</span>}>
      <figure>
        <div role="img" aria-label={`${title}, ${unit}; latest: ${spoken.join(', ')}`}>
          <Canvas {...props} onPoint={setPointedAtMs} />
        </div>
        <MarksLayer marks={props.marks} window={props.window} onMark={props.onMark} />
        <figcaption className="legend" data-pointed={pointed === undefined ? undefined : pointed.atMs}>
          <span className="legend-time">{pointed === undefined ? 'Latest' : formatAt(pointed.atMs)}</span>
          {series.map((each) => (
            <span key={each.title}>
              <span className={`swatch swatch-${each.color}`} aria-hidden="true" />
              {each.title} <b>{format(shown === undefined ? null : each.value(shown))}</b>
            </span>
          ))}
        </figcaption>
      </figure>
    </Panel>
  )
}

interface CanvasProps extends PlotProps {
  /** Called with the beginning of the span under the pointer; null if there is none. */
  onPoint(atMs: number | null): void
}

function Canvas(props: CanvasProps) {
  const { series, spans, spanSeconds, window, isStacked, maxAtLeast, format, onPoint, onMark } = props
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const hasPoints = spanSeconds * 1_000 >= hourMs
  const isDark = useIsDark()
  const data = useMemo(
    () => columnsOf({ series, spans, spanSeconds, isStacked: isStacked === true }),
    [series, spans, spanSeconds, isStacked],
  )
  const shown = useRef({ data, window })
  shown.current = { data, window }

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours of the theme are read from the page
  useEffect(() => {
    const { current: element } = holder
    if (element === null) return
    const made = new uPlot(
      optionsOf(element, {
        ...{ series, maxAtLeast, format, hasPoints, onPoint, onMark },
        isStacked: isStacked === true,
      }),
      shown.current.data,
      element,
    )
    plot.current = made
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: heightPx }))
    resized.observe(element)
    return () => {
      resized.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [series, maxAtLeast, format, hasPoints, isStacked, isDark, onPoint, onMark])

  useEffect(() => {
    const { current: made } = plot
    if (made === null) return
    made.batch(() => {
      made.setData(data, false)
      made.setScale('x', { min: window.fromMs / 1_000, max: window.toMs / 1_000 })
      made.redraw(false, true)
    })
  }, [data, window.fromMs, window.toMs])

  return <div ref={holder} className="canvas" data-points={data[0].length} />
}

interface Drawn {
  readonly series: readonly Series[]
  readonly isStacked: boolean
}

/**
 * Time and values by column. The line is interrupted if nothing arrived for longer than three spans. In a stacked plot
 * the topmost series is drawn first and the others over it.
 */
function columnsOf({
  series,
  spans,
  spanSeconds,
  isStacked,
}: Drawn & { spans: readonly Span[]; spanSeconds: number }): uPlot.AlignedData {
  const gapMs = spanSeconds * 3_000
  const rows: (Span | { atMs: number; gap: true })[] = []
  for (const span of spans) {
    const before = rows.at(-1)
    if (before !== undefined && span.atMs - before.atMs > gapMs && span.seconds <= spanSeconds)
      rows.push({ atMs: before.atMs + 1, gap: true })
    rows.push(span)
  }
  const valueAt = (index: number, row: Span) => {
    if (!isStacked) return series[index]?.value(row) ?? null
    const below = series.slice(0, index + 1).map((each) => each.value(row) ?? 0)
    return below.reduce((sum, value) => sum + value, 0)
  }
  const columns = orderOf(series, isStacked).map((index) =>
    rows.map((row) => ('gap' in row ? null : valueAt(index, row))),
  )
  return [rows.map(({ atMs }) => atMs / 1_000), ...columns]
}

function orderOf(series: readonly Series[], isStacked: boolean): number[] {
  const order = series.map((_, index) => index)
  return isStacked ? order.reverse() : order
}

interface DrawnOptions extends Drawn, Pick<CanvasProps, 'maxAtLeast' | 'format' | 'onPoint' | 'onMark'> {
  /** Whether each value has a point: an hour without neighbours has no line. */
  readonly hasPoints: boolean
}

/** A mark of fewer pixels than this is a click. */
const markPxMin = 6

function optionsOf(
  element: HTMLElement,
  { series, isStacked, maxAtLeast, format, hasPoints, onPoint, onMark }: DrawnOptions,
): uPlot.Options {
  const styles = getComputedStyle(element)
  const color = (token: string) => colorOf(element, token)
  const axis: uPlot.Axis = {
    stroke: color('ink-quiet'),
    font: `11px ${styles.fontFamily}`,
    grid: { stroke: color('line'), width: 1 },
    ticks: { stroke: color('line'), width: 1, size: 4 },
  }
  return {
    width: element.clientWidth,
    height: heightPx,
    padding: [8, plotRoom.endPx, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: sync.key },
      y: false,
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false },
    },
    hooks: hooksOf(onPoint, onMark),
    scales: {
      x: { time: true },
      y: { range: (_, _min, max) => [0, topOf(Math.max(max ?? 0, maxAtLeast), maxAtLeast)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 70,
        values: (_, splits, _axis, _space, incrementSeconds) =>
          splits.map((seconds) => formatOf(incrementSeconds)(seconds * 1_000)),
      },
      {
        ...axis,
        size: plotRoom.startPx,
        space: 34,
        values: (_, splits) => splits.map((value) => format(value)),
      },
    ],
    series: [
      {},
      ...orderOf(series, isStacked).map((index): uPlot.Series => {
        const stroke = color(series[index]?.color ?? 'accent')
        const isFilled = isStacked || series[index]?.isFilled === true
        return {
          label: series[index]?.title ?? '',
          stroke,
          width: isStacked ? 1 : 1.5,
          points: { show: hasPoints, size: 4, fill: stroke },
          ...(isFilled
            ? { fill: isStacked ? stroke : `color-mix(in srgb, ${stroke} 14%, transparent)` }
            : {}),
        }
      }),
    ],
  }
}

/** The form of the ticks: a day has no time of day, and only seconds need seconds. */
function formatOf(incrementSeconds: number): (atMs: number) => string {
  if (incrementSeconds >= 86_400) return formatDate
  return incrementSeconds < 60 ? formatClock : formatTime
}

/** Tells what is under the pointer, and which part of the axis was marked by dragging. */
function hooksOf(onPoint: CanvasProps['onPoint'], onMark: CanvasProps['onMark']): uPlot.Hooks.Arrays {
  return {
    setCursor: [
      (plot) => {
        const seconds = plot.cursor.idx == null ? undefined : plot.data[0][plot.cursor.idx]
        onPoint(seconds === undefined ? null : Math.round(seconds * 1_000))
      },
    ],
    setSelect: [
      (plot) => {
        const { left, width } = plot.select
        if (width < markPxMin) return
        const at = (px: number) => Math.round(plot.posToVal(px, 'x') * 1_000)
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        const [fromMs, toMs] = [at(left), at(left + width)]
        onMark({ kind: 'fixed', fromMs, toMs: Math.max(toMs, fromMs + windowMsMin) })
      },
    ],
  }
}

/** A rate ends at 100 %. Other axes get some room above the maximum. */
function topOf(max: number, maxAtLeast: number): number {
  return max <= maxAtLeast ? maxAtLeast : max * 1.1
}
