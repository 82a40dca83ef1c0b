import { useMutation } from '@tanstack/react-query'
import { exportSchema } from '../../../../../shared/contract/exports.ts'
import type { Board } from '../../api/directory.ts'
import { formatCount } from '../../parts/format.ts'
import { FailureNotice, Notice } from '../../parts/notice.tsx'
import { usePlace } from '../../place.ts'
import { addressOfView } from '../../routing.ts'
import { exportedRowsMax } from './export-rows.ts'
import type { Exporting } from './use-export.ts'

interface ExportReportProps {
  readonly exporting: Exporting
  readonly boards: readonly Board[]
  onCancel(): void
  onClose(): void
}

/** How far an export is, and its end. */
export function ExportReport({ exporting, boards, onCancel, onClose }: ExportReportProps) {
  if (exporting.kind === 'running') {
    const { rows, of } = exporting
    return (
      <div className="taking-export" role="group" aria-label="Export">
        <label className="taking-progress">
          <span>{of === 0 ? 'Reading …' : `${formatCount(rows)} of ${formatCount(of)} rows`}</span>
          <progress value={rows} max={Math.max(of, 1)} />
        </label>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    )
  }
  return (
    <div className="taking-export">
      <Notice tone={exporting.kind === 'failed' ? 'bad' : 'info'}>
        <p>{wordsOf(exporting)}</p>
        {exporting.kind === 'done' && exporting.isCut && <WholeBoard boards={boards} />}
        <button type="button" onClick={onClose}>
          Close
        </button>
      </Notice>
    </div>
  )
}

function wordsOf(exporting: Exclude<Exporting, { kind: 'running' }>): string {
  if (exporting.kind === 'failed') return `The export has failed. ${exporting.reason}`
  const rows = formatCount(exporting.rows)
  if (exporting.kind === 'cancelled') return `Cancelled after ${rows} rows. No file was made.`
  if (!exporting.isCut) return `${rows} rows were written.`
  return `The first ${rows} rows were written. A browser writes ${formatCount(exportedRowsMax)} at most.`
}

/** Whole boards are written in the background, for admins. */
function WholeBoard({ boards }: { readonly boards: readonly Board[] }) {
  const { api, workspace } = usePlace()
  const [only] = boards
  const board = boards.length === 1 ? only : undefined
  const ask = useMutation({
    mutationFn: () =>
      api.fetch(exportSchema, {
        path: '/api/v1/exports',
        workspaceId: workspace.id,
        body: { format: 'csv', boardId: board?.id ?? null },
      }),
  })
  const what = board === undefined ? 'all boards' : `the whole board ${board.name}`
  if (workspace.role !== 'admin')
    return <p>Admins of the workspace can have {what} exported in the background.</p>
  if (ask.isSuccess) {
    return (
      <p>
        The export of {what}, without the filter, has begun. A notification says when the file is there;{' '}
        <a href={addressOfView('queues', 'exports/active')}>the queue of exports</a> shows how far it is.
      </p>
    )
  }
  return (
    <>
      {ask.isError && <FailureNotice error={ask.error} />}
      <button type="button" disabled={ask.isPending} onClick={() => ask.mutate()}>
        Export {what} in the background, without the filter
      </button>
    </>
  )
}
