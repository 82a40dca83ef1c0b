import './activity.css'
import { useCallback, useMemo, useState } from 'react'
import {
  activityCauses,
  deploymentActivityPageSchema,
  workspaceActivityPageSchema,
} from '../../../../shared/contract/activity.ts'
import { useIsOperator } from '../access.ts'
import { Term } from '../glossary/term.tsx'
import { RolePending } from '../live/role-pending.tsx'
import { Choice } from '../parts/choice.tsx'
import { formatCount } from '../parts/format.ts'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { usePlace } from '../place.ts'
import { useChoices } from '../routing.ts'
import { type ActivityFilter, filterIn, queriesOf } from './activity-filter.ts'
import { ActivityList } from './activity-list.tsx'
import { causeTitles, kindTitles } from './activity-words.ts'
import { type Feed, feedBehind, mergeFeeds, pausedAt } from './feed.ts'
import { UntilForm } from './until-form.tsx'
import { type LoadedFeed, type LoadPage, useFeed } from './use-feed.ts'

/** The feeds of the workspace and of the deployment in one list, as far as the user may see either. */
export function ActivityView() {
  const { workspace } = usePlace()
  const isOperator = useIsOperator()
  const { query, choose } = useChoices()
  const filter = useMemo(() => filterIn(query), [query])
  const isAdmin = workspace.role === 'admin'
  if (!isAdmin && isOperator === false) {
    return <Notice tone="info">Only admins of the workspace and operators can see what happened here.</Notice>
  }
  return (
    <Panel title="What happened" className="activity">
      <p className="quiet">
        Every <Term id="invalidation">invalidation</Term> of <bdi>{workspace.name}</bdi> with the{' '}
        <Term id="tag">tags</Term> that it moved and the <Term id="version">version</Term> that it took.
        Operators also see alerts, deploys, settings and deeds of operators in the whole deployment. At most
        30 days. Contacts appear by their ids only.
      </p>
      <Filters filter={filter} choose={choose} />
      {isOperator === null ? (
        <RolePending what="the activity" />
      ) : (
        <Happened key={query.toString()} filter={filter} isAdmin={isAdmin} isOperator={isOperator} />
      )}
    </Panel>
  )
}

interface FiltersProps {
  readonly filter: ActivityFilter
  readonly choose: ReturnType<typeof useChoices>['choose']
}

function Filters({ filter, choose }: FiltersProps) {
  const all = { value: '', title: 'All' } as const
  const kinds = Object.entries(kindTitles).map(([value, title]) => ({ value, title }))
  const causes = activityCauses.map((value) => ({ value, title: capital(causeTitles[value]) }))
  return (
    <div className="row row-end activity-filters">
      <Choice
        label="Kind"
        value={filter.kind ?? ''}
        options={[all, ...kinds]}
        onChange={(kind) => choose({ kind: kind === '' ? null : kind })}
      />
      <Choice
        label="Cause"
        value={filter.cause ?? ''}
        options={[all, ...causes]}
        onChange={(cause) => choose({ cause: cause === '' ? null : cause })}
      />
      <UntilForm until={filter.until} onChange={(until) => choose({ until })} />
    </div>
  )
}

interface HappenedProps {
  readonly filter: ActivityFilter
  readonly isAdmin: boolean
  readonly isOperator: boolean
}

/** A feed that is loaded, and how to load more of it. */
interface Open {
  readonly feed: Feed
  readonly loaded: LoadedFeed
}

function Happened({ filter, isAdmin, isOperator }: HappenedProps) {
  const loaded = useFeeds(filter, isAdmin, isOperator)
  const [pause, setPause] = useState<readonly number[] | null>(null)
  const open = loaded.flatMap((each): Open[] =>
    each.feed === null ? [] : [{ feed: each.feed, loaded: each }],
  )
  const failed = loaded.find(({ error }) => error !== null)
  if (open.length < loaded.length) {
    return failed === undefined ? (
      <Waiting what="the activity" />
    ) : (
      <FailureNotice error={failed.error} retry={failed.retry} />
    )
  }
  const feeds = open.map(({ feed }) => feed)
  const shown =
    pause === null ? feeds : feeds.map((feed, index) => pausedAt(feed, pause[index] ?? feed.arrived))
  const waiting = feeds.reduce((sum, feed, index) => sum + feed.arrived - (pause?.[index] ?? feed.arrived), 0)
  const behind = feedBehind(open)
  return (
    <>
      <div className="row activity-pause">
        <button
          type="button"
          aria-pressed={pause !== null}
          onClick={() => setPause(pause === null ? feeds.map(({ arrived }) => arrived) : null)}
        >
          {pause === null ? 'Pause' : 'Go on'}
        </button>
        <span className="quiet" role="status">
          {pause !== null && (waiting === 0 ? 'Paused.' : `Paused. ${formatCount(waiting)} came meanwhile.`)}
        </span>
        {failed !== undefined && (
          <span className="bad">Not current: the last look failed. It is tried again.</span>
        )}
      </div>
      {loaded.length === 0 ? (
        <p className="empty">Nothing of this kind can be seen by you.</p>
      ) : (
        <ActivityList
          items={mergeFeeds(shown)}
          older={
            behind === null ? null : { isLoading: behind.loaded.isLoadingOlder, load: behind.loaded.older }
          }
        />
      )}
    </>
  )
}

function useFeeds(filter: ActivityFilter, isAdmin: boolean, isOperator: boolean): readonly LoadedFeed[] {
  const { api, workspace } = usePlace()
  const queries = queriesOf(filter)
  const ofWorkspace = isAdmin ? queries.workspace : null
  const ofDeployment = isOperator ? queries.deployment : null
  const loadWorkspace = useCallback<LoadPage>(
    async (place, signal) => {
      const path = pathOf('/api/activity', ofWorkspace, place)
      return (await api.fetch(workspaceActivityPageSchema, { path, workspaceId: workspace.id, signal })).data
    },
    [api, workspace.id, ofWorkspace],
  )
  const loadDeployment = useCallback<LoadPage>(
    async (place, signal) => {
      const path = pathOf('/api/monitoring/activity', ofDeployment, place)
      return (await api.fetch(deploymentActivityPageSchema, { path, workspaceId: workspace.id, signal })).data
    },
    [api, workspace.id, ofDeployment],
  )
  const workspaceFeed = useFeed(ofWorkspace === null ? null : loadWorkspace)
  const deploymentFeed = useFeed(ofDeployment === null ? null : loadDeployment)
  return [
    ...(ofWorkspace === null ? [] : [workspaceFeed]),
    ...(ofDeployment === null ? [] : [deploymentFeed]),
  ]
}

function pathOf(path: string, filter: string | null, place: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(filter ?? '')
  for (const [name, value] of Object.entries(place)) query.set(name, value)
  return `${path}?${query}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
