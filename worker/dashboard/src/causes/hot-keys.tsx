import type { Hottest } from '../../../../shared/contract/figures.ts'
import { formatMs, formatPercent, formatThings } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { formatBetween, questionWords } from './cause-rows.ts'
import { ResourceLink } from './resource-link.tsx'
import { Scrolled } from './scrolled.tsx'
import { useHottest } from './use-causes.ts'

const hoursMax = 24

/** Keys, boards and workspaces are kept for a day, so a longer period shows that day. */
export function shownHours(hours: number): number {
  return Math.min(hours, hoursMax)
}

export function wordsOfHours(hours: number): string {
  return hours === 1 ? 'this hour' : `last ${shownHours(hours)} hours`
}

/** The most read keys, by digest and question. Values, searches and contact data are never shown. */
export function HotKeys({ hours }: { hours: number }) {
  const hottest = useHottest(shownHours(hours))
  return (
    <Panel title="Hottest keys" aside={<span className="quiet small">{wordsOfHours(hours)}</span>}>
      {hottest.data === undefined &&
        (hottest.isError ? (
          <FailureNotice error={hottest.error} retry={() => void hottest.refetch()} />
        ) : (
          <Waiting what="the keys" />
        ))}
      {hottest.data !== undefined && <Keys keys={hottest.data.keys} />}
    </Panel>
  )
}

function Keys({ keys: { rows, unlisted_max } }: Pick<Hottest, 'keys'>) {
  if (rows.length === 0) return <p className="empty">Nothing was read in this time.</p>
  return (
    <>
      <Scrolled label="The most read keys">
        <table className="grid-table causes-table">
          <caption className="hidden">The most read keys</caption>
          <thead>
            <tr>
              <th scope="col">Question</th>
              <th scope="col" className="number">
                Reads
              </th>
              <th scope="col" className="number">
                Hit rate
              </th>
              <th scope="col" className="number">
                Mean
              </th>
              <th scope="col">Key</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.digest}>
                <th scope="row">
                  <ResourceLink resource={row.resource} question={row} workspaceId={row.workspace_id} />
                  <span className="quiet small causes-detail">
                    {[row.workspace_id, questionWords(row)]
                      .filter((part) => part !== null && part !== '')
                      .join(' · ')}
                  </span>
                </th>
                <td className="number">{formatBetween(row.reads, row.reads_max)}</td>
                <td className="number">{formatPercent(row.hit_rate)}</td>
                <td className="number">{formatMs(row.avg_ms)}</td>
                <td>
                  <code title={row.digest}>{row.digest.slice(0, 8)}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
      <Unlisted most={unlisted_max} of="key" counted="read" />
    </>
  )
}

const severalOf = { read: 'reads', miss: 'misses' } as const

/** Says what a list leaves out. */
export function Unlisted({ most, of, counted }: { most: number; of: string; counted: 'read' | 'miss' }) {
  return (
    <p className="quiet small">
      {most === 0
        ? `Every ${of} is listed.`
        : `A ${of} that is not listed has at most ${formatThings(most, counted, severalOf[counted])}.`}
    </p>
  )
}
