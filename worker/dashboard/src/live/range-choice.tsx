import { type FormEvent, useState } from 'react'
import { Segments } from '../parts/segments.tsx'
import { type PlotRange, type PlotWindow, presets, windowMsMin } from './plot-range.ts'

interface RangeChoiceProps {
  readonly range: PlotRange
  readonly window: PlotWindow
  onChange(range: PlotRange): void
}

const custom = 'custom'

/** The period that the plots show. A part of the last hour can be typed, or marked in a plot. */
export function RangeChoice({ range, window, onChange }: RangeChoiceProps) {
  const [isTyping, setIsTyping] = useState(false)
  const value = isTyping || range.kind === 'fixed' ? custom : range.preset
  return (
    <div className="range">
      {value === custom && (
        <CustomRange
          key={`${window.fromMs} ${range.kind}`}
          window={window}
          onChange={(fixed) => {
            setIsTyping(false)
            onChange(fixed)
          }}
        />
      )}
      <Segments
        label="Time shown"
        value={value}
        options={[...presets, { value: custom, title: 'Custom' }]}
        onChange={(chosen) => {
          setIsTyping(chosen === custom)
          if (chosen !== custom) onChange({ kind: 'preset', preset: chosen })
        }}
      />
    </div>
  )
}

interface CustomRangeProps {
  readonly window: PlotWindow
  onChange(range: PlotRange): void
}

function CustomRange({ window: shown, onChange }: CustomRangeProps) {
  // The window of a preset moves every second, and typing must not be disturbed by that.
  const [{ fromMs, toMs }] = useState(shown)
  const [isWrong, setIsWrong] = useState(false)
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const from = instantOf(String(form.get('from')), toMs)
    const to = instantOf(String(form.get('to')), toMs)
    const isRight = from !== null && to !== null && to - from >= windowMsMin
    setIsWrong(!isRight)
    if (isRight) onChange({ kind: 'fixed', fromMs: from, toMs: to })
  }
  return (
    <form className="range-form" onSubmit={submit} noValidate>
      <label>
        From <input name="from" type="time" step={1} defaultValue={timeOf(fromMs)} required />
      </label>
      <label>
        to <input name="to" type="time" step={1} defaultValue={timeOf(toMs)} required />
      </label>
      <button type="submit">Show</button>
      {isWrong && (
        <span className="bad small" role="alert">
          The end must be at least half a minute after the beginning.
        </span>
      )}
    </form>
  )
}

function timeOf(atMs: number): string {
  const at = new Date(atMs)
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

const dayMs = 86_400_000

/** The latest instant at this time of day that is not after the end of the figures; null if it is no time. */
function instantOf(time: string, newestMs: number): number | null {
  const [hours = Number.NaN, minutes = Number.NaN, seconds = 0] = time.split(':').map(Number)
  if (![hours, minutes, seconds].every(Number.isInteger)) return null
  const at = new Date(newestMs)
  at.setHours(hours, minutes, seconds, 0)
  // The typed end may be some seconds ahead of the figures.
  return at.getTime() > newestMs + dayMs / 2 ? at.getTime() - dayMs : at.getTime()
}
