import { Notice } from '../../parts/notice.tsx'

/** Why a move was taken back, until it is closed. */
export function MoveRefusal({
  reason,
  onClose,
}: {
  readonly reason: string | null
  readonly onClose: () => void
}) {
  if (reason === null) return null
  return (
    <Notice tone="bad">
      <p>{reason}</p>
      <button type="button" onClick={onClose}>
        Close
      </button>
    </Notice>
  )
}
