import { type FormEvent, useEffect, useRef, useState } from 'react'
import { Segments } from '../parts/segments.tsx'
import { addressOfView } from '../views.ts'
import { type PlotRange, type PlotWindow, presets } from './plot-range.ts'
import { type RangeFault, rangeTyped, typedInstant } from './typed-range.ts'

interface RangeChoiceProps {
  readonly range: PlotRange
  readonly window: PlotWindow
  readonly newestAtMs: number
  onChange(range: PlotRange): void
}

const custom = 'custom'

/** The period that the plots show. A part of the last 30 days can be typed, or marked in a plot. */
export function RangeChoice({ range, window, newestAtMs, onChange }: RangeChoiceProps) {
  const [isTyping, setIsTyping] = useState(false)
  const value = isTyping || range.kind === 'fixed' ? custom : range.preset
  const holder = useRef<HTMLDivElement>(null)
  return (
    // The button that leads back goes away, and must not take the focus with it.
    <div ref={holder} className="range" tabIndex={-1}>
      {value === custom && (
        <CustomRange
          isTyping={range.kind !== 'fixed'}
          window={window}
          newestAtMs={newestAtMs}
          onChange={(fixed) => {
            setIsTyping(false)
            onChange(fixed)
          }}
        />
      )}
      {range.kind === 'fixed' && (
        <button
          type="button"
          onClick={() => {
            holder.current?.focus()
            setIsTyping(false)
            onChange({ kind: 'preset', preset: '1h' })
          }}
        >
          Reset zoom
        </button>
      )}
      {range.kind === 'fixed' && <a href={activityUntil(range.toMs)}>What happened then</a>}
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

/** The feed of what happened, from the end of the window backwards. */
function activityUntil(atMs: number): string {
  return `${addressOfView('activity')}?${new URLSearchParams({ until: new Date(atMs).toISOString() })}`
}

const sentences: Readonly<Record<RangeFault, string>> = {
  'too-short': 'The end must be at least half a minute after the beginning.',
  'too-early': 'Figures are kept for 30 days.',
  'no-time': 'Both need a day and a time.',
}

interface CustomRangeProps extends Omit<RangeChoiceProps, 'range'> {
  /** No range has been typed yet. The window of a preset moves every second, and typing must not be disturbed by that. */
  readonly isTyping: boolean
}

function CustomRange({ isTyping, window: { fromMs, toMs }, newestAtMs, onChange }: CustomRangeProps) {
  const from = useRef<HTMLInputElement>(null)
  const to = useRef<HTMLInputElement>(null)
  // A part that is marked in a plot comes into the fields, which keep the focus.
  useEffect(() => {
    if (isTyping || from.current === null || to.current === null) return
    from.current.value = typedInstant(fromMs)
    to.current.value = typedInstant(toMs)
  }, [isTyping, fromMs, toMs])
  const [fault, setFault] = useState<RangeFault | null>(null)
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const typed = rangeTyped(String(form.get('from')), String(form.get('to')), newestAtMs)
    setFault(typed.ok ? null : typed.error)
    if (typed.ok) onChange({ kind: 'fixed', ...typed.value })
  }
  return (
    <form className="range-form" onSubmit={submit} noValidate>
      <label>
        From{' '}
        <input
          ref={from}
          name="from"
          type="datetime-local"
          step={1}
          defaultValue={typedInstant(fromMs)}
          required
        />
      </label>
      <label>
        to{' '}
        <input ref={to} name="to" type="datetime-local" step={1} defaultValue={typedInstant(toMs)} required />
      </label>
      <button type="submit">Show</button>
      {fault !== null && (
        <span className="bad small" role="alert">
          {sentences[fault]}
        </span>
      )}
    </form>
  )
}
