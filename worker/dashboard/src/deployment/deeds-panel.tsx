import type { Deed } from '../../../../shared/contract/workspaces.ts'
import { formatClock, formatDay } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { usePlace } from '../place.ts'
import { deedTitles } from './deed-titles.ts'
import { useDeeds } from './use-deployment.ts'

/** The last deeds of operators, each with the one who did it. */
export function DeedsPanel() {
  const deeds = useDeeds()
  return (
    <Panel title="Done lately">
      {deeds.isPending && <Waiting what="what was done" />}
      {deeds.isError && <FailureNotice error={deeds.error} retry={() => void deeds.refetch()} />}
      {deeds.data?.length === 0 && <p className="empty">Nothing yet.</p>}
      {deeds.data !== undefined && deeds.data.length > 0 && <DeedList deeds={deeds.data} />}
    </Panel>
  )
}

function Author({ userId }: { userId: string | null }) {
  const { user } = usePlace()
  if (userId === null) return 'a holder of the internal key'
  return userId === user.id ? 'you' : <code>{userId}</code>
}

/** Without a deed there is nothing to scroll, and so no stop for the keyboard. */
function DeedList({ deeds }: { deeds: readonly Deed[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reached by the keyboard
    <section className="deeds-list" tabIndex={0} aria-label="Deeds of operators">
      <ol>
        {deeds.map(({ deed, workspaceId, by, at }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: deeds have no id, and two may have one instant
          <li key={index} className="small">
            <strong>{deedTitles[deed].title}</strong> workspace <code>{workspaceId}</code>
            <span className="quiet">
              {' '}
              <time dateTime={at}>
                {formatDay(at)}, {formatClock(at)}
              </time>{' '}
              by <Author userId={by.userId} />
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}
