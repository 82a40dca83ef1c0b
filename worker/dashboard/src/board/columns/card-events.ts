import type { MouseEvent, PointerEvent } from 'react'
import type { Contact } from '../../../../client/index.ts'
import { contactUnder } from '../taking/contact-under.ts'
import type { ColumnEvents } from './column-events.ts'

interface CardEventsGiven {
  readonly position: number
  readonly mayMove: boolean | null
  readonly events: ColumnEvents
}

/** The events of all cards of a column, which come and go while it is scrolled. */
export function cardEvents(
  { position, mayMove, events }: CardEventsGiven,
  rowAt: (row: number) => Contact | undefined,
  choose: (row: number) => void,
) {
  function found(target: EventTarget | null) {
    const place = target instanceof Element ? target.closest<HTMLElement>('[data-row]') : null
    const row = Number(place?.dataset['row'] ?? Number.NaN)
    const contact = Number.isInteger(row) ? rowAt(row) : undefined
    return contact === undefined ? null : { row, contact }
  }
  return {
    onPointerDown(event: PointerEvent) {
      const card = found(event.target)
      if (card === null || event.button !== 0 || !(event.target instanceof Element)) return
      // A finger scrolls the column, so it drags by the handle alone.
      const isHandle = event.target.closest('.card-handle') !== null
      const isMenu = event.target.closest('.card-menu') !== null
      if (mayMove === true && !isMenu && (isHandle || event.pointerType === 'mouse'))
        events.onPress(event, card.contact, position)
    },
    onClick(event: MouseEvent) {
      const card = found(event.target)
      if (card === null || !(event.target instanceof Element)) return
      choose(card.row)
      const button = event.target.closest<HTMLElement>('[data-deed]')
      if (button?.dataset['deed'] === 'open') events.onOpen(card.contact.id)
      if (button?.dataset['deed'] !== 'menu') return
      const { left, bottom } = button.getBoundingClientRect()
      events.onMenu(card.contact, position, { xPx: left, yPx: bottom })
    },
    onContextMenu(event: MouseEvent) {
      // A finger that rests on a handle is about to drag, and a menu would end that.
      const isHandle = event.target instanceof Element && event.target.closest('.card-handle') !== null
      if (isHandle && event.button !== 2) return event.preventDefault()
      const place = contactUnder(event.nativeEvent)
      if (place === null) return
      const card = found(document.querySelector(`[data-contact="${CSS.escape(place.contactId)}"]`))
      if (card === null) return
      event.preventDefault()
      choose(card.row)
      events.onMenu(card.contact, position, place.at)
    },
  }
}
