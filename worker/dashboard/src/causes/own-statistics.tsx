import type { WorkspaceStatistics } from '../../../../shared/contract/figures.ts'
import { hourMs } from '../live/hourly.ts'
import { formatCount, formatDayTime, formatMs, formatPercent } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { usePlace } from '../place.ts'
import { Facts } from './board-figures.tsx'
import { ResourceLink } from './resource-link.tsx'
import { Scrolled } from './scrolled.tsx'
import { useStatistics } from './use-causes.ts'

const hoursMax = 168

/** The reads of the workspace that is shown, for its admins. They are kept for a week. */
export function OwnStatistics({ hours }: { hours: number }) {
  const { workspace } = usePlace()
  const shown = Math.min(hours, hoursMax)
  const statistics = useStatistics(shown)
  const { data } = statistics
  return (
    <Panel
      title={`Reads of ${workspace.name}`}
      className="causes-own"
      aside={
        <span className="quiet small">
          {shown === 1 ? 'this hour' : `last ${shown === hoursMax ? '7 days' : '24 hours'}`}
        </span>
      }
    >
      {data === undefined ? (
        statistics.isError ? (
          <FailureNotice error={statistics.error} retry={() => void statistics.refetch()} />
        ) : (
          <Waiting what="the reads" />
        )
      ) : data.whole.reads === 0 ? (
        <p className="empty">Nothing was read in this time.</p>
      ) : (
        <>
          <Facts label="Reads of the workspace" facts={factsOf(data)} />
          <Hours statistics={data} />
          <Resources resources={data.resources} />
        </>
      )}
    </Panel>
  )
}

function factsOf({ whole, unlisted_max }: WorkspaceStatistics) {
  const facts: (readonly [string, string])[] = [
    ['Hit rate', formatPercent(whole.hit_rate)],
    ['Reads', formatCount(whole.reads)],
    ['Misses', formatCount(whole.misses)],
    ['5xx', formatCount(whole.errors)],
    ['Mean', formatMs(whole.avg_ms)],
  ]
  return unlisted_max === 0 ? facts : [...facts, ['Not counted, at most', formatCount(unlisted_max)] as const]
}

const height = 60
/** One hour in the drawing's own unit. */
const hourWidth = 10

/** Reads and misses of each hour as bars. A screen reader gets the same as a list. */
function Hours({ statistics: { hours, from_ms, to_ms } }: { statistics: WorkspaceStatistics }) {
  const count = Math.max(1, Math.floor((to_ms - from_ms) / hourMs) + 1)
  const most = Math.max(1, ...hours.map(({ reads }) => reads))
  return (
    <figure className="causes-hours">
      <svg viewBox={`0 0 ${count * hourWidth} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {hours.map(({ at_ms, reads, misses }) => {
          const x = Math.floor((at_ms - from_ms) / hourMs) * hourWidth
          const [whole, missed] = [(reads / most) * height, (misses / most) * height]
          return (
            <g key={at_ms}>
              <rect
                className="causes-bar"
                x={x + 1}
                y={height - whole}
                width={hourWidth - 2}
                height={whole}
              />
              <rect
                className="causes-bar-missed"
                x={x + 1}
                y={height - missed}
                width={hourWidth - 2}
                height={missed}
              />
            </g>
          )
        })}
      </svg>
      <figcaption className="legend">
        <span>
          <span className="swatch swatch-accent" aria-hidden="true" /> reads
        </span>
        <span>
          <span className="swatch swatch-bad" aria-hidden="true" /> misses
        </span>
        <span>
          {formatDayTime(from_ms)} to now, at most {formatCount(most)} an hour
        </span>
      </figcaption>
      <ul className="hidden">
        {hours.map(({ at_ms, reads, misses }) => (
          <li key={at_ms}>
            {formatDayTime(at_ms)}: {reads} reads, {misses} misses
          </li>
        ))}
      </ul>
    </figure>
  )
}

function Resources({ resources }: Pick<WorkspaceStatistics, 'resources'>) {
  return (
    <Scrolled label="Reads by resource">
      <table className="grid-table causes-table">
        <caption className="hidden">Reads of the workspace by resource</caption>
        <thead>
          <tr>
            <th scope="col">Resource</th>
            {['Reads', 'Misses', 'Hit rate', '5xx', 'Mean'].map((title) => (
              <th key={title} scope="col" className="number">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {resources.map((row) => (
            <tr key={row.resource}>
              <th scope="row">
                <ResourceLink resource={row.resource} />
              </th>
              <td className="number">{formatCount(row.reads)}</td>
              <td className="number">{formatCount(row.misses)}</td>
              <td className="number">{formatPercent(row.hit_rate)}</td>
              <td className="number">{formatCount(row.errors)}</td>
              <td className="number">{formatMs(row.avg_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  )
}
