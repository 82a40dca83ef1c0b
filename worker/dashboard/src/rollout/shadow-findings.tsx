import type { ShadowReport } from '../../../../shared/contract/rollout.ts'
import { formatCount, formatMs } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { useShadowReport } from './use-rollout.ts'

const shownOutcomes = ['match', 'mismatch', 'late', 'miss'] as const
const titles = { match: 'Same', mismatch: 'Wrong', late: 'Late', miss: 'None' } as const

/** The findings of shadow's comparisons, once there are any. */
export function ShadowFindings() {
  const report = useShadowReport()
  if (report.isError) return <FailureNotice error={report.error} retry={() => void report.refetch()} />
  if (report.data === undefined) return null
  const { resources, differences, suspected } = report.data
  if (resources.length === 0 && differences.length === 0) return null
  return (
    <details>
      <summary>What the comparisons found</summary>
      {resources.length > 0 && <ByResource resources={resources} />}
      {differences.length > 0 && (
        <ul className="rollout-places small" aria-label="Where answers differed">
          {differences.map(({ resource, place, count }) => (
            <li key={`${resource} ${place}`}>
              {resource} <code>{place}</code> <span className="quiet">{formatCount(count)} times</span>
            </li>
          ))}
        </ul>
      )}
      {suspected.map(({ workspaceId, keys }) => (
        <p key={workspaceId} className="small">
          Workspace <code>{workspaceId}</code> has violations of {formatCount(keys)}{' '}
          {keys === 1 ? 'key' : 'keys'}.
        </p>
      ))}
    </details>
  )
}

function ByResource({ resources }: Pick<ShadowReport, 'resources'>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reached by the keyboard
    <section className="rollout-scroll" tabIndex={0} aria-label="Comparisons by resource">
      <table className="grid-table">
        <thead>
          <tr>
            <th scope="col">Resource</th>
            {shownOutcomes.map((outcome) => (
              <th key={outcome} scope="col" className="number">
                {titles[outcome]}
              </th>
            ))}
            <th scope="col" className="number">
              Saved
            </th>
          </tr>
        </thead>
        <tbody>
          {resources.map(({ resource, outcomes, saved_ms: savedMs }) => (
            <tr key={resource}>
              <th scope="row">{resource}</th>
              {shownOutcomes.map((outcome) => (
                <td
                  key={outcome}
                  className={outcome === 'mismatch' && outcomes.mismatch > 0 ? 'number bad' : 'number'}
                >
                  {formatCount(outcomes[outcome])}
                </td>
              ))}
              <td className="number">{formatMs(savedMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
