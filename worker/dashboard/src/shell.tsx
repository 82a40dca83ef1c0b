import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { useIsOperator } from './access.ts'
import { createApiClient } from './api/api-client.ts'
import { createDirectory, type Directory } from './api/directory.ts'
import type { Auth, User } from './auth/session.ts'
import { wantsFirstSteps } from './first-run/landing.ts'
import { LiveProvider } from './live/live-context.tsx'
import { LiveView } from './live/live-view.tsx'
import { RolePending } from './live/role-pending.tsx'
import { NotFound } from './not-found.tsx'
import { PaletteOpener } from './palette/palette-opener.tsx'
import { Boundary } from './parts/boundary.tsx'
import { later } from './parts/later.tsx'
import { FailureNotice, Notice } from './parts/notice.tsx'
import { Waiting } from './parts/panel.tsx'
import { PlaceContext, usePlace } from './place.ts'
import {
  beginAt,
  nameWorkspace,
  useRestOfAddress,
  useView,
  useWorkspaceInAddress,
  type View,
  viewTitles,
} from './routing.ts'
import { TopBar } from './top-bar.tsx'

const BoardView = later(async () => (await import('./board/board-view.tsx')).BoardView, { what: 'the board' })
const CausesView = later(async () => (await import('./causes/causes-view.tsx')).CausesView, {
  what: 'the causes',
})
const MailView = later(async () => (await import('./mail/mail-view.tsx')).MailView, { what: 'the mail' })
const QueuesView = later(async () => (await import('./queues/queues-view.tsx')).QueuesView, {
  what: 'the queues',
})
const WorkspaceView = later(async () => (await import('./workspace/workspace-view.tsx')).WorkspaceView, {
  what: 'the workspace',
})
const InspectorView = later(async () => (await import('./inspector/inspector-view.tsx')).InspectorView, {
  what: 'the inspector',
})

const DeploymentView = later(async () => (await import('./deployment/deployment-view.tsx')).DeploymentView, {
  what: 'the deployment',
})

const ActivityView = later(async () => (await import('./activity/activity-view.tsx')).ActivityView, {
  what: 'the activity',
})
const FirstRunView = later(async () => (await import('./first-run/first-run-view.tsx')).FirstRunView, {
  what: 'the first steps',
})
const GlossaryView = later(async () => (await import('./glossary/glossary-view.tsx')).GlossaryView, {
  what: 'the glossary',
})

const workspaceKey = 'boardcache-workspace'

/** The user's workspaces, and the one that is shown: the one in the address, else the one that this tab had last, else the first. */
function useChosenWorkspace(user: User, directory: Directory) {
  const found = useQuery({
    queryKey: ['workspaces', user.id],
    queryFn: ({ signal }) => directory.workspaces(signal),
    staleTime: 300_000,
  })
  const named = useWorkspaceInAddress()
  const workspaces = found.data ?? []
  const withId = (wanted: string | null) => workspaces.find(({ id }) => id === wanted)
  const workspace = withId(named) ?? withId(sessionStorage.getItem(workspaceKey)) ?? workspaces[0]
  const isForeign = found.isSuccess && named !== null && withId(named) === undefined
  const id = workspace?.id
  useEffect(() => {
    if (id === undefined) return
    sessionStorage.setItem(workspaceKey, id)
    // An address that names somebody else's workspace stays as it is, so that the notice survives a reload.
    if (!isForeign) nameWorkspace(id, 'replace')
  }, [id, isForeign])
  return { found, workspaces, workspace, foreign: isForeign ? named : null }
}

/** The frame around every view: the navigation, the choice of the workspace, and signing out. */
export function Shell({ auth, user }: { auth: Auth; user: User }) {
  const directory = useMemo(() => createDirectory(auth.config, auth), [auth])
  const api = useMemo(() => createApiClient(auth), [auth])
  const { found, workspaces, workspace, foreign } = useChosenWorkspace(user, directory)
  const mayOperate = workspaces.some(({ role }) => role === 'admin')
  const place = useMemo(
    () => (workspace === undefined ? null : { auth, user, api, directory, workspace, mayOperate }),
    [auth, user, api, directory, workspace, mayOperate],
  )
  const bar = (
    <TopBar
      auth={auth}
      user={user}
      workspaces={workspaces}
      chosen={workspace?.id ?? ''}
      isLoading={found.isPending}
    />
  )
  if (place === null) {
    return (
      <>
        {bar}
        <main className="view">
          {found.isPending && <Waiting what="your workspaces" />}
          {found.isError && <FailureNotice error={found.error} retry={() => void found.refetch()} />}
          {found.isSuccess && (
            <Notice tone="info">
              You are not a member of any workspace. An admin of a workspace can add {user.email}; then reload
              this page.
            </Notice>
          )}
        </main>
      </>
    )
  }
  return (
    <PlaceContext value={place}>
      <LiveProvider key={place.workspace.id}>
        {bar}
        <Views key={place.workspace.id} foreign={foreign} />
        <PaletteOpener />
      </LiveProvider>
    </PlaceContext>
  )
}

const components: Readonly<Record<View, React.ComponentType>> = {
  live: LiveView,
  causes: CausesView,
  board: BoardView,
  mail: MailView,
  queues: QueuesView,
  workspace: WorkspaceView,
  inspector: InspectorView,
  deployment: DeploymentView,
  activity: ActivityView,
  start: FirstRunView,
  glossary: GlossaryView,
}

function Views({ foreign }: { foreign: string | null }) {
  const { auth, workspace } = usePlace()
  const asked = useView()
  const [named = ''] = useRestOfAddress().split('/')
  const isOperator = useIsOperator()
  useEffect(() => {
    if (asked !== 'first') return
    if (wantsFirstSteps(auth.config.is_local)) beginAt('start')
    else if (isOperator !== null) beginAt(isOperator ? 'live' : 'board')
  }, [asked, isOperator, auth])
  const title = asked === 'unknown' ? 'Not found' : asked === 'first' ? 'Boardcache' : viewTitles[asked]
  const detail = asked === 'unknown' ? '' : named
  useEffect(() => {
    document.title = [`${title} ${detail}`.trim(), workspace.name, 'Boardcache'].join(' · ')
  }, [title, detail, workspace.name])
  const Shown = asked === 'first' ? null : asked === 'unknown' ? NotFound : components[asked]
  return (
    <main className={`view view-${asked}`} id="view" tabIndex={-1} aria-label={title}>
      <h1 className="hidden">{title}</h1>
      {foreign !== null && (
        <Notice tone="info">
          The address names workspace {foreign}, which you are not a member of. You see{' '}
          <bdi>{workspace.name}</bdi>.
        </Notice>
      )}
      {Shown === null ? (
        <RolePending what="the dashboard" />
      ) : (
        <Boundary key={asked} what="this view">
          <Shown />
        </Boundary>
      )}
    </main>
  )
}
