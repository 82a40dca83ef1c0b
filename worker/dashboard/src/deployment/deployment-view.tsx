import './deployment.css'
import { type ReactNode, useState } from 'react'
import type { DeedName } from '../../../../shared/contract/workspaces.ts'
import { useIsOperator } from '../access.ts'
import { RolePending } from '../live/role-pending.tsx'
import { formatCount, formatThings } from '../parts/format.ts'
import { later } from '../parts/later.tsx'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { Question } from '../parts/question.tsx'
import { deedTitles } from './deed-titles.ts'
import { DeedsPanel } from './deeds-panel.tsx'
import { RunProgress } from './run-progress.tsx'
import { useAllWorkspaces, useRun } from './use-deployment.ts'
import { WorkspaceList } from './workspace-list.tsx'

const RolloutPanel = later(async () => (await import('../rollout/rollout-panel.tsx')).RolloutPanel, {
  what: 'the rollout',
})

/** Invalidates, warms up or tests many workspaces, for operators. */
export function DeploymentView() {
  const isOperator = useIsOperator()
  if (isOperator === null) return <RolePending what="the workspaces" />
  if (!isOperator) {
    return <Notice tone="info">Only operators of the deployment can act on all its workspaces.</Notice>
  }
  return <Deployment />
}

function Deployment() {
  const all = useAllWorkspaces()
  // Nothing is shown before the list, which would push the rest away when it comes. Once it is there, a run goes on although it cannot be
  // read again.
  if (all.data !== undefined) return <Acting known={all.data} />
  return all.isError ? (
    <FailureNotice error={all.error} retry={() => void all.refetch()} />
  ) : (
    <Waiting what="the workspaces" />
  )
}

interface ActingProps {
  /** All workspaces of the deployment. */
  readonly known: readonly { readonly id: string; readonly name: string }[]
}

function Acting({ known }: ActingProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [asked, setAsked] = useState<DeedName | null>(null)
  const { run, start, pause, resume, stop } = useRun()
  const isBusy = run?.state === 'going' || run?.state === 'paused'
  const ids = known.filter(({ id }) => chosen.has(id)).map(({ id }) => id)
  return (
    <div className="deployment">
      <Panel
        title="Workspaces"
        aside={<span className="quiet small">{formatCount(known.length)} in all</span>}
      >
        <WorkspaceList
          workspaces={known}
          chosen={chosen}
          results={run?.results ?? []}
          isLocked={isBusy}
          onChoose={setChosen}
        />
      </Panel>
      <div className="deployment-side">
        <Panel title="Act on the chosen ones">
          <Deeds isLocked={isBusy || ids.length === 0} chosen={ids.length} onAsk={setAsked} />
          {asked !== null && (
            <Question
              title={`${deedTitles[asked].title} ${namedCount(ids.length)}?`}
              yes={`Yes, ${deedTitles[asked].title.toLowerCase()}`}
              onYes={() => {
                setAsked(null)
                start(asked, ids)
              }}
              onNo={() => setAsked(null)}
            >
              {deedTitles[asked].consequence} This makes {formatThings(ids.length, 'request')}, one after the
              other, and each is written down with your name.
            </Question>
          )}
          {run !== null && <RunProgress run={run} onPause={pause} onResume={resume} onStop={stop} />}
        </Panel>
        <div className="deployment-rollout">
          <RolloutPanel />
        </div>
        <DeedsPanel />
      </div>
    </div>
  )
}

function namedCount(count: number): string {
  return formatThings(count, 'workspace')
}

interface DeedsProps {
  readonly isLocked: boolean
  readonly chosen: number
  onAsk(deed: DeedName): void
}

function Deeds({ isLocked, chosen, onAsk }: DeedsProps): ReactNode {
  return (
    <>
      <p className="quiet small">
        {chosen === 0 ? 'Choose workspaces in the list.' : `${namedCount(chosen)} chosen.`}
      </p>
      <div className="row deployment-deeds">
        {(['invalidate', 'warm-cache', 'test-performance'] as const).map((deed) => (
          <button
            key={deed}
            type="button"
            className={deed === 'invalidate' ? 'danger' : undefined}
            disabled={isLocked}
            onClick={() => onAsk(deed)}
          >
            {deedTitles[deed].title}
          </button>
        ))}
      </div>
    </>
  )
}
