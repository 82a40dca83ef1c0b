import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from 'react'
import './taking.css'

export interface MenuItem {
  readonly title: string
  /** Items of a group stand together, below a line. */
  readonly group?: string
  act(): void
}

interface MenuProps {
  readonly label: string
  readonly items: readonly MenuItem[]
  /** Where the menu begins, in the window. It stays within the window. */
  readonly at: { readonly xPx: number; readonly yPx: number }
  onClose(): void
}

/**
 * A menu that opens over the page (WAI-ARIA menu pattern). It takes the focus, and gives it back when it closes: by an item, Escape, Tab, a
 * press elsewhere, or when the page scrolls away from under it.
 */
export function Menu({ label, items, at, onClose }: MenuProps) {
  const menu = useRef<HTMLDivElement>(null)
  useFocusInside(menu)
  useClosing(menu, onClose)
  useLayoutEffect(() => {
    const element = menu.current
    if (element === null) return
    const { offsetWidth, offsetHeight } = element
    const { innerWidth, innerHeight } = window
    element.style.left = `${Math.max(4, Math.min(at.xPx, innerWidth - offsetWidth - 4))}px`
    element.style.top = `${Math.max(4, Math.min(at.yPx, innerHeight - offsetHeight - 4))}px`
  }, [at])

  function onKeyDown(event: KeyboardEvent) {
    const entries = [...(menu.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])]
    const now = entries.findIndex((entry) => entry.matches(':focus'))
    const next = entryAfter(now, event.key)
    if (next !== null) entries.at(next % entries.length)?.focus()
    else if (event.key === 'Escape' || event.key === 'Tab') onClose()
    // Enter and the space bar press the button that has the focus.
    else return
    event.preventDefault()
  }

  return (
    <div ref={menu} role="menu" aria-label={label} className="menu" tabIndex={-1} onKeyDown={onKeyDown}>
      {items.map(({ title, group, act }, index) => (
        <button
          key={`${group} ${title}`}
          type="button"
          role="menuitem"
          tabIndex={-1}
          className={index > 0 && items[index - 1]?.group !== group ? 'menu-item menu-group' : 'menu-item'}
          onClick={() => {
            onClose()
            act()
          }}
        >
          {title}
        </button>
      ))}
    </div>
  )
}

/** The entry to which a key moves, -1 for the last; null if the menu does not use the key so. */
function entryAfter(now: number, key: string): number | null {
  if (key === 'ArrowDown') return now + 1
  if (key === 'ArrowUp') return Math.max(now, 0) - 1
  if (key === 'Home') return 0
  return key === 'End' ? -1 : null
}

function useFocusInside(menu: React.RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const before = document.activeElement
    menu.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus()
    return () => {
      const isLost = document.activeElement === document.body || document.activeElement === null
      if (isLost && before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [menu])
}

function useClosing(menu: React.RefObject<HTMLElement | null>, onClose: () => void): void {
  useEffect(() => {
    const listening = new AbortController()
    const { signal } = listening
    const onOutside = ({ target }: Event) => {
      if (!(target instanceof Node) || menu.current?.contains(target) !== true) onClose()
    }
    window.addEventListener('pointerdown', onOutside, { signal, capture: true })
    window.addEventListener('scroll', onOutside, { signal, capture: true })
    window.addEventListener('resize', onClose, { signal })
    return () => listening.abort()
  }, [menu, onClose])
}
