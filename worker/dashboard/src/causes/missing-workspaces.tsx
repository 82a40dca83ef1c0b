import { Fragment } from 'react'
import type { Hottest } from '../../../../shared/contract/figures.ts'
import { formatCount } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { formatBetween } from './cause-rows.ts'
import { shownHours, Unlisted, wordsOfHours } from './hot-keys.tsx'
import { ResourceLink } from './resource-link.tsx'
import { Scrolled } from './scrolled.tsx'
import { useHottest, useOwnWorkspaces } from './use-causes.ts'

/** The fifty workspaces with the most misses, which only operators see. */
export function MissingWorkspaces({ hours }: { hours: number }) {
  const hottest = useHottest(shownHours(hours))
  return (
    <Panel
      title="Workspaces with the most misses"
      aside={<span className="quiet small">{wordsOfHours(hours)}</span>}
    >
      {hottest.data === undefined &&
        (hottest.isError ? (
          <FailureNotice error={hottest.error} retry={() => void hottest.refetch()} />
        ) : (
          <Waiting what="the workspaces" />
        ))}
      {hottest.data !== undefined && <Workspaces workspaces={hottest.data.workspaces} />}
    </Panel>
  )
}

function Workspaces({ workspaces: { rows, unlisted_max } }: Pick<Hottest, 'workspaces'>) {
  const own = useOwnWorkspaces()
  if (rows.length === 0) return <p className="empty">Nothing was missed in this time.</p>
  return (
    <>
      <Scrolled label="The workspaces with the most misses">
        <table className="grid-table causes-table">
          <caption className="hidden">The workspaces with the most misses</caption>
          <thead>
            <tr>
              <th scope="col">Workspace</th>
              <th scope="col" className="number">
                Misses
              </th>
              <th scope="col" className="number">
                5xx
              </th>
              <th scope="col">Most of them</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ workspace_id: id, misses, misses_max, errors, resources }) => (
              <tr key={id}>
                <th scope="row">
                  {own.get(id)?.role === 'admin' ? (
                    <a href={`?workspace=${encodeURIComponent(id)}#/causes`}>{own.get(id)?.name}</a>
                  ) : (
                    (own.get(id)?.name ?? id)
                  )}
                  {own.has(id) && <span className="quiet small causes-detail">{id}</span>}
                </th>
                <td className="number">{formatBetween(misses, misses_max)}</td>
                <td className="number">{formatCount(errors)}</td>
                <td className="small">
                  {resources.map((each, index) => (
                    <Fragment key={each.resource}>
                      {index > 0 && ', '}
                      <ResourceLink resource={each.resource} workspaceId={id} /> {formatCount(each.misses)}
                    </Fragment>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
      <Unlisted most={unlisted_max} of="workspace" counted="miss" />
    </>
  )
}
