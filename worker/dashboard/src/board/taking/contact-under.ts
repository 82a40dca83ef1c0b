import type { MenuPlace } from './contact-menu.tsx'

/**
 * The contact whose menu is asked for where the browser would open its own (by the right button, a long press, Shift+F10 or the menu key), and
 * where to open it. It belongs to every element with `data-contact`. A grid that has the focus itself is asked for its active cell.
 */
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
