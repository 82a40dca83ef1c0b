import { FailureNotice } from '../parts/notice.tsx'
import { Waiting } from '../parts/panel.tsx'
import { useFigures } from './live-context.tsx'

/**
 * Stands in for a view until the stream has said whether the user is an operator. If it cannot be reached, that is said; it is tried again
 * without being asked.
 */
export function RolePending({ what }: { what: string }) {
  const figures = useFigures()
  return figures?.state === 'waiting' ? <FailureNotice error={figures.error} /> : <Waiting what={what} />
}
