import './causes.css'
import { useIsOperator } from '../access.ts'
import { RolePending } from '../live/role-pending.tsx'
import { Notice } from '../parts/notice.tsx'
import { Segments } from '../parts/segments.tsx'
import { usePlace } from '../place.ts'
import { useChoices } from '../routing.ts'
import { Breakdown } from './breakdown.tsx'
import { choiceIn, periods } from './cause-rows.ts'
import { HotKeys } from './hot-keys.tsx'
import { MissingWorkspaces } from './missing-workspaces.tsx'
import { OwnStatistics } from './own-statistics.tsx'

const periodNames = periods.map(({ value }) => value)

/** Leads from a figure to its cause: operators see the deployment, admins their workspace. */
export function CausesView() {
  const { workspace } = usePlace()
  const isOperator = useIsOperator()
  const { query, choose } = useChoices()
  const period = choiceIn(periodNames, query.get('hours'), '24')
  const hours = periods.find(({ value }) => value === period)?.hours ?? 1
  const isAdmin = workspace.role === 'admin'
  if (isOperator === null) return <RolePending what="the causes" />
  if (!isOperator && !isAdmin) {
    return (
      <Notice tone="info">
        Only operators and the admins of the workspace see where reads and misses come from.
      </Notice>
    )
  }
  return (
    <>
      <div className="causes-head">
        <Segments
          label="Period"
          value={period}
          options={periods}
          onChange={(chosen) => choose({ hours: chosen === '24' ? null : chosen })}
        />
      </div>
      {isOperator && (
        <>
          <Breakdown hours={hours} />
          <div className="causes-pair">
            <HotKeys hours={hours} />
            <MissingWorkspaces hours={hours} />
          </div>
        </>
      )}
      {isAdmin && <OwnStatistics hours={hours} />}
    </>
  )
}
