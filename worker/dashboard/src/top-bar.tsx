import { useContext, useRef } from 'react'
import { useOwnViews } from './access.ts'
import type { Workspace } from './api/directory.ts'
import type { Auth, User } from './auth/session.ts'
import { LiveStatus } from './live/live-status.tsx'
import { Boundary } from './parts/boundary.tsx'
import { isolated } from './parts/format.ts'
import { later } from './parts/later.tsx'
import { Mark } from './parts/mark.tsx'
import { useScrollEdges } from './parts/use-scroll-edges.ts'
import { PlaceContext } from './place.ts'
import { addressOfView, nameWorkspace, useView, viewTitles } from './routing.ts'

/** As large as the button of the notifications, so that nothing moves when that is there. */
const notificationsPlace = (
  <span className="notifications-place" aria-hidden="true">
    Notifications
  </span>
)

/** Loaded after the first view. Until then the bar has no button for it. */
const NotificationsMenu = later(
  async () => (await import('./notifications/notifications-menu.tsx')).NotificationsMenu,
  { what: 'the notifications', waiting: notificationsPlace, isBrief: true },
)

/** As large as the button of the account, so that nothing moves when that is there. */
const accountPlace = <span className="account-place" aria-hidden="true" />

const UserMenu = later(async () => (await import('./user-menu/user-menu.tsx')).UserMenu, {
  what: 'the menu of your account',
  waiting: accountPlace,
  isBrief: true,
})

interface TopBarProps {
  readonly auth: Auth
  readonly user: User
  readonly workspaces: readonly Workspace[]
  readonly chosen: string
  /** The workspaces are not known yet. The bar keeps the places of what comes. */
  readonly isLoading: boolean
}

/** The navigation, the choice of the workspace, and the menu of the account. */
export function TopBar({ auth, user, workspaces, chosen, isLoading }: TopBarProps) {
  const shown = workspaces.find(({ id }) => id === chosen)
  // The menu may be too narrow for it.
  const chosenTitle = shown === undefined ? undefined : `${shown.id} · ${isolated(shown.name)}`
  const hasPlace = useContext(PlaceContext) !== null
  return (
    <header className="bar">
      <button type="button" className="skip" onClick={() => document.getElementById('view')?.focus()}>
        Skip to the view
      </button>
      <span className="brand">
        <Mark />
        <span className="brand-name">Boardcache</span>
      </span>
      {hasPlace && <Tabs />}
      {isLoading && <span className="tabs" />}
      <span className="bar-end">
        <LiveStatus />
        {hasPlace ? (
          <Boundary what="the notifications">
            <NotificationsMenu />
          </Boundary>
        ) : (
          isLoading && notificationsPlace
        )}
        {(isLoading || workspaces.length > 0) && (
          <select
            aria-label="Workspace"
            disabled={isLoading}
            value={chosen}
            title={chosenTitle}
            onChange={({ target }) => nameWorkspace(target.value, 'push')}
            className="bar-workspace"
          >
            {workspaces.map(({ id, name, role }) => (
              <option key={id} value={id}>
                {id} · {isolated(name)} ({role})
              </option>
            ))}
          </select>
        )}
        <Boundary what="the menu of your account">
          <UserMenu auth={auth} user={user} />
        </Boundary>
      </span>
    </header>
  )
}

/** The views that the user may see. On a phone they scroll in a row, whose ends say where there are more. */
function Tabs() {
  const view = useView()
  const own = useOwnViews()
  const row = useRef<HTMLElement>(null)
  useScrollEdges(row, `${view} ${own.length}`)
  return (
    <nav ref={row} className="tabs" aria-label="Views">
      {own.map((each) => (
        <a key={each} href={addressOfView(each)} aria-current={each === view ? 'page' : undefined}>
          {viewTitles[each]}
        </a>
      ))}
    </nav>
  )
}
