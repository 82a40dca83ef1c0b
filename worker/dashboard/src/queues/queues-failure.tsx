import { ApiFailure } from '../api/failure.ts'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { useHasNoQueues } from './use-queues.ts'

/** An error of the queues. If they do not answer, it says whether the deployment has any. */
export function QueuesFailure({ error, retry }: { error: unknown; retry(): void }) {
  const areAway = error instanceof ApiFailure && error.code === 'queues_unavailable'
  const hasNone = useHasNoQueues(areAway)
  if (!areAway || hasNone === undefined) return <FailureNotice error={error} retry={retry} />
  if (hasNone) {
    return (
      <Notice tone="info">
        This deployment has no queues, so nothing is done in the background. They need the address of a
        database: set <code>QUEUE_DATABASE_URL</code> for the origin, and run{' '}
        <code>origin/queues/main.ts</code>.
      </Notice>
    )
  }
  return (
    <>
      <FailureNotice error={error} retry={retry} />
      <p className="quiet">
        The database of the queues does not answer the origin. Jobs that were added are kept there, and run
        when it answers again.
      </p>
    </>
  )
}
