import { useQuery } from '@tanstack/react-query'
import { useContext, useMemo, useState } from 'react'
import { createApiClient } from './api/api-client.ts'
import { createDirectory, type Workspace } from './api/directory.ts'
import type { Auth, User } from './auth/session.ts'
import { LiveProvider } from './live/live-context.tsx'
import { LiveStatus } from './live/live-status.tsx'
import { LiveView } from './live/live-view.tsx'
import { Boundary } from './parts/boundary.tsx'
import { later } from './parts/later.tsx'
import { Mark } from './parts/mark.tsx'
import { FailureNotice, Notice } from './parts/notice.tsx'
import { Waiting } from './parts/panel.tsx'
import { PlaceContext } from './place.ts'
import { useView, type View, views, viewTitles } from './routing.ts'
import { ThemeChoice } from './theme-choice.tsx'

const BoardView = later(async () => (await import('./board/board-view.tsx')).BoardView, { what: 'the board' })
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

/** Loaded after the first view. While it cannot be, the bar has no button for it. */
const NotificationsMenu = later(
  async () => (await import('./notifications/notifications-menu.tsx')).NotificationsMenu,
  { what: 'the notifications', waiting: null },
)

const workspaceKey = 'boardcache-workspace'

/** The workspace that the user chose in this tab, else the one that the address names (`/?workspace=15214`). */
function chosenWorkspace(): string | null {
  return sessionStorage.getItem(workspaceKey) ?? new URLSearchParams(window.location.search).get('workspace')
}

/** The frame around every view: the navigation, the choice of the workspace, and signing out. */
export function Shell({ auth, user }: { auth: Auth; user: User }) {
  const directory = useMemo(() => createDirectory(auth.config, auth), [auth])
  const api = useMemo(() => createApiClient(auth), [auth])
  const [chosen, setChosen] = useState(chosenWorkspace)
  const found = useQuery({
    queryKey: ['workspaces', user.id],
    queryFn: ({ signal }) => directory.workspaces(signal),
    staleTime: 300_000,
  })
  const workspaces = found.data ?? []
  const workspace = workspaces.find(({ id }) => id === chosen) ?? workspaces[0]
  const place = useMemo(
    () => (workspace === undefined ? null : { auth, user, api, directory, workspace }),
    [auth, user, api, directory, workspace],
  )

  function choose(id: string) {
    sessionStorage.setItem(workspaceKey, id)
    setChosen(id)
  }

  const bar = (
    <TopBar auth={auth} user={user} workspaces={workspaces} chosen={workspace?.id ?? ''} onChoose={choose} />
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
        <Views key={place.workspace.id} />
      </LiveProvider>
    </PlaceContext>
  )
}

const components: Readonly<Record<View, React.ComponentType>> = {
  live: LiveView,
  board: BoardView,
  mail: MailView,
  queues: QueuesView,
  workspace: WorkspaceView,
  inspector: InspectorView,
}

function Views() {
  const view = useView()
  const Shown = components[view]
  return (
    <main className={`view view-${view}`} id="view" tabIndex={-1} aria-label={viewTitles[view]}>
      <h1 className="hidden">{viewTitles[view]}</h1>
      <Boundary key={view} what="this view">
        <Shown />
      </Boundary>
    </main>
  )
}

interface TopBarProps {
  readonly auth: Auth
  readonly user: User
  readonly workspaces: readonly Workspace[]
  readonly chosen: string
  onChoose(id: string): void
}

function TopBar({ auth, user, workspaces, chosen, onChoose }: TopBarProps) {
  const hasPlace = useContext(PlaceContext) !== null
  const view = useView()
  return (
    <header className="bar">
      <button type="button" className="skip" onClick={() => document.getElementById('view')?.focus()}>
        Skip to the view
      </button>
      <span className="brand">
        <Mark />
        <span className="brand-name">Boardcache</span>
      </span>
      <nav className="tabs" aria-label="Views">
        {views.map((each) => (
          <a key={each} href={`#/${each}`} aria-current={each === view ? 'page' : undefined}>
            {viewTitles[each]}
          </a>
        ))}
      </nav>
      <span className="bar-end">
        <LiveStatus />
        {hasPlace && (
          <Boundary what="the notifications">
            <NotificationsMenu />
          </Boundary>
        )}
        {workspaces.length > 0 && (
          <select
            aria-label="Workspace"
            value={chosen}
            onChange={({ target }) => onChoose(target.value)}
            className="bar-workspace"
          >
            {workspaces.map(({ id, name, role }) => (
              <option key={id} value={id}>
                {id} · {name} ({role})
              </option>
            ))}
          </select>
        )}
        <ThemeChoice />
        <button type="button" className="plain" title={user.email} onClick={() => void auth.signOut()}>
          Sign out
        </button>
      </span>
    </header>
  )
}
