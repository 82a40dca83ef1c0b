import { type KeyboardEvent, type PointerEvent, useLayoutEffect, useMemo, useRef } from 'react'
import type { Contact } from '../../../../client/index.ts'
import type { MenuPlace } from '../taking/contact-menu.tsx'

/** Everything that a column tells the board around it. */
export interface ColumnEvents {
  onPress(event: PointerEvent, contact: Contact, column: number): void
  /** Answers whether the board has used the key for a card that is carried. */
  onCarryingKey(event: KeyboardEvent): boolean
  onLift(contact: Contact, column: number): void
  onColumn(column: number): void
  onOpen(contactId: string): void
  onMenu(contact: Contact, column: number, at: MenuPlace['at']): void
  /** The active card of the column that has the focus. */
  onActive(contact: Contact | undefined): void
  onFocus(column: number): void
}

/** Events that stay the same functions and do what the newest ones do, so that columns are not drawn again for them. */
export function useSteady(events: ColumnEvents): ColumnEvents {
  const newest = useRef(events)
  useLayoutEffect(() => {
    newest.current = events
  })
  return useMemo(
    () => ({
      onPress: (...given) => newest.current.onPress(...given),
      onCarryingKey: (event) => newest.current.onCarryingKey(event),
      onLift: (...given) => newest.current.onLift(...given),
      onColumn: (column) => newest.current.onColumn(column),
      onOpen: (contactId) => newest.current.onOpen(contactId),
      onMenu: (...given) => newest.current.onMenu(...given),
      onActive: (contact) => newest.current.onActive(contact),
      onFocus: (column) => newest.current.onFocus(column),
    }),
    [],
  )
}
