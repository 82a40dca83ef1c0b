import './user-menu.css'
import { useContext, useId } from 'react'
import type { Auth, User } from '../auth/session.ts'
import { openPalette } from '../palette/palette-key.ts'
import { usePopover } from '../parts/use-popover.ts'
import { PlaceContext } from '../place.ts'
import { addressOfView } from '../routing.ts'
import { ThemeChoice } from '../theme-choice.tsx'
import { OperatorMark } from './operator-mark.tsx'

interface UserMenuProps {
  readonly auth: Auth
  readonly user: User
}

/** The signed-in user, with the role in the shown workspace, the theme, the ways to help, and signing out. Escape closes it. */
export function UserMenu({ auth, user }: UserMenuProps) {
  const { isOpen, button, holder, toggle, close } = usePopover()
  const id = useId()

  return (
    <fieldset {...holder} className="user-menu">
      <legend className="hidden">Account</legend>
      <button
        ref={button}
        type="button"
        className="plain user-menu-button"
        title={user.email}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={toggle}
      >
        <span className="hidden">Account </span>
        <bdi className="user-menu-name">{user.email}</bdi>
      </button>
      {isOpen && (
        <div id={id} className="user-menu-list">
          <MenuList auth={auth} user={user} close={close} />
        </div>
      )}
    </fieldset>
  )
}

interface MenuListProps extends UserMenuProps {
  close(): void
}

function MenuList({ auth, user, close }: MenuListProps) {
  const place = useContext(PlaceContext)
  return (
    <>
      <p>
        <bdi className="user-menu-whole">{user.email}</bdi>
        <span className="quiet small">
          {place === null ? (
            'in no workspace'
          ) : (
            <>
              {place.workspace.role} of {place.workspace.id} <OperatorMark />
            </>
          )}
        </span>
      </p>
      <div className="field">
        <span aria-hidden="true">Theme</span>
        <ThemeChoice />
      </div>
      <ul aria-label="Help">
        {place !== null && (
          <li>
            <button
              type="button"
              className="plain"
              onClick={() => {
                close()
                openPalette()
              }}
            >
              Go to … <kbd>Ctrl K</kbd>
            </button>
          </li>
        )}
        {place !== null && auth.config.is_local && (
          <li>
            <a href={addressOfView('start')} onClick={close}>
              First steps
            </a>
          </li>
        )}
        {place !== null && (
          <li>
            <a href={addressOfView('glossary')} onClick={close}>
              Glossary
            </a>
          </li>
        )}
        <li>
          <a href="/docs">API documentation</a>
        </li>
      </ul>
      <button type="button" onClick={() => void auth.signOut()}>
        Sign out
      </button>
    </>
  )
}
