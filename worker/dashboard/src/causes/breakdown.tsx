import { useHistory } from '../live/use-history.ts'
import { Choice } from '../parts/choice.tsx'
import { formatCount, formatMs, formatPercent } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { Segments } from '../parts/segments.tsx'
import { useChoices } from '../routing.ts'
import { BoardFigures } from './board-figures.tsx'
import { bys, type CauseRow, causeRows, choiceIn, type Sort, sorts, sortTitles } from './cause-rows.ts'
import { ResourceLink } from './resource-link.tsx'
import { Scrolled } from './scrolled.tsx'

const byTitles = { resource: 'Resource', route: 'Route', board: 'Board' } as const

/** Reads and misses by resource, by route, or those of a board. The address has the choice. */
export function Breakdown({ hours }: { hours: number }) {
  const { query, choose } = useChoices()
  const by = choiceIn(bys, query.get('by'), 'resource')
  const sort = choiceIn(sorts, query.get('sort'), 'requests')
  return (
    <Panel
      title="Breakdown"
      className="causes-breakdown"
      aside={
        <Segments
          label="Break down by"
          value={by}
          options={bys.map((value) => ({ value, title: byTitles[value] }))}
          onChange={(chosen) => choose({ by: chosen === 'resource' ? null : chosen })}
        />
      }
    >
      {by === 'board' ? <BoardFigures hours={hours} /> : <Rows hours={hours} by={by} sort={sort} />}
    </Panel>
  )
}

function Rows({ hours, by, sort }: { hours: number; by: 'resource' | 'route'; sort: Sort }) {
  const { choose } = useChoices()
  const report = useHistory(hours)
  if (report.data === undefined) {
    return report.isError ? (
      <FailureNotice error={report.error} retry={() => void report.refetch()} />
    ) : (
      <Waiting what="the figures" />
    )
  }
  const rows = causeRows(report.data, by, sort)
  return (
    <>
      <div className="causes-sort">
        <Choice<Sort>
          label="Order"
          value={sort}
          options={sorts.map((value) => ({ value, title: sortTitles[value] }))}
          onChange={(chosen) => choose({ sort: chosen === 'requests' ? null : chosen })}
        />
      </div>
      {rows.length === 0 ? (
        <p className="empty">Nothing was read in this time.</p>
      ) : (
        <Scrolled label={`Figures by ${by}`}>
          <RowsTable rows={rows} by={by} />
        </Scrolled>
      )}
    </>
  )
}

function RowsTable({ rows, by }: { rows: readonly CauseRow[]; by: 'resource' | 'route' }) {
  return (
    <table className="grid-table causes-table">
      <caption className="hidden">Figures by {by}</caption>
      <thead>
        <tr>
          <th scope="col">{byTitles[by]}</th>
          {['Requests', 'Misses', 'Hit rate', '4xx', '5xx', 'Mean', 'p95, worst hour'].map((title) => (
            <th key={title} scope="col" className="number">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row">
              {row.resource === null ? (
                <code>{row.name}</code>
              ) : (
                <ResourceLink resource={row.resource}>
                  {by === 'route' ? <code>{row.name}</code> : undefined}
                </ResourceLink>
              )}
            </th>
            <td className="number">{formatCount(row.requests)}</td>
            <td className="number">{formatCount(row.misses)}</td>
            <td className="number">{formatPercent(row.hitRate)}</td>
            <td className="number">{formatCount(row.clientErrors)}</td>
            <td className={row.errors > 0 ? 'number bad' : 'number'}>{formatCount(row.errors)}</td>
            <td className="number">{formatMs(row.avgMs)}</td>
            <td className="number">{formatMs(row.worstP95Ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
