import type { FormEvent } from 'react'
import { endOfMinute, typedMinute } from '../live/typed-range.ts'

interface UntilFormProps {
  /** Null while the newest items are shown. */
  readonly until: string | null
  onChange(until: string | null): void
}

/** Goes to a minute of the past: the list then begins with what had happened by its end. */
export function UntilForm({ until, onChange }: UntilFormProps) {
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const endMs = endOfMinute(String(new FormData(event.currentTarget).get('until')))
    if (endMs !== null) onChange(new Date(endMs).toISOString())
  }
  return (
    <form className="row row-end activity-until" onSubmit={submit}>
      <label className="field">
        <span>Until</span>
        <input
          name="until"
          type="datetime-local"
          required
          defaultValue={typedMinute(until === null ? Date.now() : Date.parse(until))}
        />
      </label>
      <button type="submit">Go there</button>
      {until !== null && (
        <button type="button" className="plain" onClick={() => onChange(null)}>
          Back to now
        </button>
      )}
    </form>
  )
}
