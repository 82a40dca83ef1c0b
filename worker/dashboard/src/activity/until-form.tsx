import { type FormEvent, useEffect, useRef } from 'react'
import { endOfMinute, typedMinute } from '../live/typed-range.ts'

interface UntilFormProps {
  /** Null while the newest items are shown. */
  readonly until: string | null
  onChange(until: string | null): void
}

const minuteIn = (until: string | null) => typedMinute(until === null ? Date.now() : Date.parse(until))

/** Goes to a minute of the past: the list then begins with what had happened by its end. */
export function UntilForm({ until, onChange }: UntilFormProps) {
  const field = useRef<HTMLInputElement>(null)
  // The field keeps the focus when another address comes, so it is not made again for it.
  useEffect(() => {
    if (field.current !== null) field.current.value = minuteIn(until)
  }, [until])
  function submit(event: FormEvent) {
    event.preventDefault()
    const endMs = endOfMinute(field.current?.value ?? '')
    if (endMs !== null) onChange(new Date(endMs).toISOString())
  }
  function reset() {
    field.current?.focus()
    onChange(null)
  }
  return (
    <form className="row row-end activity-until" onSubmit={submit}>
      <label className="field">
        <span>Until</span>
        <input ref={field} type="datetime-local" required defaultValue={minuteIn(until)} />
      </label>
      <button type="submit">Go there</button>
      {until !== null && (
        <button type="button" className="plain" onClick={reset}>
          Back to now
        </button>
      )}
    </form>
  )
}
