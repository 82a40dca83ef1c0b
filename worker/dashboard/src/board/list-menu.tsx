import { type MouseEvent, type ReactNode, useState } from 'react'
import type { Contact } from '../../../client/index.ts'
import type { Board } from '../api/directory.ts'
import { MoveRefusal } from './columns/move-refusal.tsx'
import { useMayMove } from './columns/use-may-move.ts'
import { useMoves } from './columns/use-moves.ts'
import { ContactMenu, type MenuPlace } from './taking/contact-menu.tsx'
import { contactUnder } from './taking/contact-under.ts'
import { CopyReport, useCopier } from './taking/copy-text.tsx'

interface OpenMenu {
  readonly contact: Contact
  readonly at: MenuPlace['at']
}

const none: Board['board_columns'] = []

/** The menu of a contact in the list, and the moves that it makes to other columns of the contact's board. */
export function useListMenu(boards: readonly Board[]) {
  const [menu, setMenu] = useState<OpenMenu | null>(null)
  const mayMove = useMayMove()
  const copier = useCopier()
  const columns = boards.find(({ id }) => id === menu?.contact.board_id)?.board_columns ?? none
  const moves = useMoves(columns)
  return {
    ...{ menu, copier, columns, moves },
    mayMove: mayMove === true,
    close: () => setMenu(null),
    open: (contact: Contact, at: MenuPlace['at']) => setMenu({ contact, at }),
    /** Opens the menu where the browser would open its own. `find` gives the contact with an id, if the list shows it. */
    onContextMenu(event: MouseEvent, find: (contactId: string) => Contact | undefined) {
      const place = contactUnder(event.nativeEvent)
      const contact = place === null ? undefined : find(place.contactId)
      if (place === null || contact === undefined) return
      event.preventDefault()
      setMenu({ contact, at: place.at })
    },
  }
}

interface ListMenuProps {
  readonly of: ReturnType<typeof useListMenu>
  /** The list. */
  readonly children: ReactNode
}

/** The menu while it is open, and what came of its deeds: a move is said, and one that was refused is taken back with its reason. */
export function ListMenu({ of, children }: ListMenuProps) {
  const { menu, copier, columns, moves, mayMove, close } = of
  function move(contact: Contact, columnId: string) {
    const indexOf = (wanted: string) => columns.findIndex(({ id }) => id === wanted)
    const from = indexOf(contact.board_column_id)
    void moves.move({ card: contact, from, to: indexOf(columnId) })
  }
  return (
    <>
      <MoveRefusal reason={moves.refusal} onClose={moves.closeRefusal} />
      {children}
      <p className="hidden" aria-live="assertive">
        {moves.said}
      </p>
      <CopyReport copier={copier} />
      {menu !== null && (
        <ContactMenu
          place={{
            ...{ contactId: menu.contact.id, at: menu.at },
            targets: mayMove ? columns.filter(({ id }) => id !== menu.contact.board_column_id) : none,
          }}
          copier={copier}
          onMove={(columnId) => move(menu.contact, columnId)}
          onClose={close}
        />
      )}
    </>
  )
}
