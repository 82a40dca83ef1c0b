import type { ApiFailure } from '../../api/failure.ts'

interface WriteMarkProps {
  readonly id: string
  readonly isPending: boolean
  readonly refusal: ApiFailure | null
}

/** Says that a write is on its way, or why it was taken back. */
export function WriteMark({ id, isPending, refusal }: WriteMarkProps) {
  return (
    <span id={id} className="write-mark" role="status">
      {isPending && <span className="quiet small write-pending">Saving …</span>}
      {!isPending && refusal !== null && (
        <span className="small write-refused">
          Not saved, and taken back. {refusal.message}
          {refusal.faults.map(({ parameter, message }) => (
            <span key={`${parameter} ${message}`}>
              {' '}
              <code>{parameter}</code> {message}.
            </span>
          ))}
        </span>
      )}
    </span>
  )
}
