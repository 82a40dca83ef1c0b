import { type KeyboardEvent, useRef, useState } from 'react'
import { formatClock, formatDayTime } from '../parts/format.ts'
import { hourMs } from './hourly.ts'
import { groupMarks, type MarkGroup, type PlotMark, wordsOfGroup } from './marks.ts'
import { type PlotRange, type PlotWindow, windowMsMin } from './plot-range.ts'
import { plotRoom } from './plot-room.ts'

const besidePlot = { insetInlineStart: plotRoom.startPx, insetInlineEnd: plotRoom.endPx }

interface MarksLayerProps {
  readonly marks: readonly PlotMark[]
  readonly window: PlotWindow
  /** Called with the surroundings of a mark that the user has chosen. */
  onMark(range: PlotRange): void
}

/**
 * Lines over a plot where something happened. The pointer or the focus shows what it was, and a click zooms in on it. The lines are one tab
 * stop; the arrow keys go from line to line.
 */
export function MarksLayer({ marks, window, onMark }: MarksLayerProps) {
  const holder = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState(0)
  const [shown, setShown] = useState<number | null>(null)
  const groups = groupMarks(marks, window)
  const formatAt = window.toMs - window.fromMs > hourMs ? formatDayTime : formatClock
  const stop = Math.min(at, groups.length - 1)
  function move(event: KeyboardEvent) {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const next = stop + step
    if (step === 0 || next < 0 || next >= groups.length) return
    event.preventDefault()
    setAt(next)
    holder.current?.querySelectorAll('button')[next]?.focus()
  }
  const text = shown === null ? undefined : groups[shown]
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys move the focus between the buttons inside
    <div ref={holder} className="plot-marks" style={besidePlot} onKeyDown={move}>
      {groups.map((group, index) => (
        <button
          key={`${group.atMs} ${group.kind}`}
          type="button"
          className={`plot-mark plot-mark-${group.kind}`}
          style={{ insetInlineStart: `${group.share * 100}%` }}
          tabIndex={index === stop ? 0 : -1}
          aria-label={wordsOfGroup(group, formatAt)}
          onFocus={() => {
            setAt(index)
            setShown(index)
          }}
          onBlur={() => setShown(null)}
          onPointerEnter={() => setShown(index)}
          onPointerLeave={() => setShown(null)}
          onClick={() => onMark(around(group, window))}
        />
      ))}
      {text !== undefined && (
        <p className={text.share > 0.5 ? 'plot-tip plot-tip-end' : 'plot-tip'} aria-hidden="true">
          {wordsOfGroup(text, formatAt)}
        </p>
      )}
    </div>
  )
}

/** A quarter of the window around a group. */
function around({ atMs }: MarkGroup, { fromMs, toMs }: PlotWindow): PlotRange {
  const reachMs = Math.max((toMs - fromMs) / 8, windowMsMin / 2)
  return { kind: 'fixed', fromMs: Math.round(atMs - reachMs), toMs: Math.round(atMs + reachMs) }
}
