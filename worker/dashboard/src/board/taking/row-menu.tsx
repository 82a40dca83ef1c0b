import { useEffect, useState } from 'react'
import { ContactMenu, type MenuPlace } from './contact-menu.tsx'
import type { Copier } from './copy-text.tsx'

const none: MenuPlace['targets'] = []

/**
 * Opens a contact's menu where the browser would open its own: by the right button, a long press, Shift+F10 or the menu key. It belongs to
 * every element of the view with `data-contact`. A grid that has the focus itself is asked for its active cell. A card brings a menu of its own.
 */
export function RowMenu({ copier }: { readonly copier: Copier }) {
  const [place, setPlace] = useState<MenuPlace | null>(null)
  useEffect(() => {
    const onContextMenu = (event: MouseEvent) => {
      const found = event.defaultPrevented ? null : contactUnder(event)
      if (found === null) return
      event.preventDefault()
      setPlace({ ...found, targets: none })
    }
    document.addEventListener('contextmenu', onContextMenu)
    return () => document.removeEventListener('contextmenu', onContextMenu)
  }, [])
  if (place === null) return null
  return <ContactMenu place={place} copier={copier} onClose={() => setPlace(null)} />
}

/** The contact that a context menu is asked for, and where to open it. */
export function contactUnder(event: MouseEvent): Pick<MenuPlace, 'contactId' | 'at'> | null {
  const { target, clientX, clientY } = event
  // A selection is about to be copied, and links and fields have a menu of the browser's.
  if (!(target instanceof Element) || target.closest('a, input, textarea') !== null) return null
  if (window.getSelection()?.isCollapsed === false) return null
  const grid = target.closest('[aria-activedescendant]')
  const active = document.getElementById(grid?.getAttribute('aria-activedescendant') ?? '')
  const pointed = target.closest<HTMLElement>('[data-contact]')
  const contact = pointed ?? active?.closest<HTMLElement>('[data-contact]')
  const contactId = contact?.dataset['contact']
  if (contact == null || contactId === undefined) return null
  if (pointed !== null) return { contactId, at: { xPx: clientX, yPx: clientY } }
  const { left, bottom } = contact.getBoundingClientRect()
  return { contactId, at: { xPx: left + 12, yPx: bottom } }
}
