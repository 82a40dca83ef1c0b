import { type KeyboardEvent, type RefObject, useState } from 'react'
import type { Contact } from '../../../../client/index.ts'
import type { Board } from '../../api/directory.ts'
import { useChoices } from '../../routing.ts'
import type { MenuPlace } from '../taking/contact-menu.tsx'
import { type ColumnEvents, useSteady } from './column-events.ts'
import { dragWords } from './drag-words.ts'
import { type CardDrag, useCardDrag } from './use-card-drag.ts'
import { useColumnScroll } from './use-column-scroll.ts'
import { useMoves } from './use-moves.ts'

interface Given {
  readonly columns: Board['board_columns']
  readonly mayMove: boolean
  readonly scroller: RefObject<HTMLElement | null>
  readonly ghost: RefObject<HTMLElement | null>
}

interface Focus {
  readonly column: number
  /** Counts the times that the column has to take the focus. */
  readonly asked: number
  /** The card that becomes the active one as soon as the column has it. */
  readonly awaitedId: string | null
}

/** An open menu, and the column and contact that it belongs to. */
interface OpenMenu extends MenuPlace {
  readonly contact: Contact
  readonly column: number
}

/** Everything that changes while somebody works with the columns of a board. */
export function useColumns({ columns, mayMove, scroller, ghost }: Given) {
  const { choose } = useChoices()
  const { space, view, show } = useColumnScroll(scroller, columns.length)
  const moves = useMoves(columns)
  const [active, setActive] = useState<Contact | undefined>()
  const [menu, setMenu] = useState<OpenMenu | null>(null)
  const [focus, setFocus] = useState<Focus>({ column: 0, asked: 0, awaitedId: null })
  const names = columns.map(({ name }) => name)

  const { drag, press, tell, endsWithClick } = useCardDrag({
    ...{ scroller, ghost, space },
    onChange(before, after, move) {
      moves.say(dragWords(before, after, move, names))
      if (after.phase === 'carried' && after.by === 'keys' && after.over !== null) show(after.over)
      if (move === null) return
      void moves.move(move)
      if (before.phase === 'carried' && before.by === 'keys') goTo(move.to, move.card.id)
    },
  })

  function goTo(column: number, awaitedId: string | null = null) {
    show(column)
    setFocus(({ asked }) => ({ column, asked: asked + 1, awaitedId }))
  }

  const events = useSteady({
    onCarryingKey: (event) => carryingKey(event, drag, tell),
    onPress: press,
    onLift: (contact, from) => tell({ type: 'lift', card: contact, from }),
    onColumn: goTo,
    onOpen(contactId) {
      if (!endsWithClick()) choose({ contact: contactId })
    },
    onMenu(contact, column, at) {
      const targets = mayMove ? columns.filter(({ id }) => id !== contact.board_column_id) : []
      setMenu({ contactId: contact.id, at, targets, contact, column })
    },
    onActive: setActive,
    onFocus: (column) => setFocus((before) => (before.column === column ? before : { ...before, column })),
  } satisfies ColumnEvents)

  function moveFromMenu(columnId: string) {
    const to = columns.findIndex(({ id }) => id === columnId)
    if (menu !== null) void moves.move({ card: menu.contact, from: menu.column, to })
  }
  const closeMenu = () => setMenu(null)
  return { space, view, drag, focus, active, menu, closeMenu, moveFromMenu, moves, events }
}

/** While a card is carried the keys belong to it. Answers whether one is. */
function carryingKey(event: KeyboardEvent, drag: CardDrag['drag'], tell: CardDrag['tell']): boolean {
  if (drag.phase !== 'carried') return false
  const { key } = event
  if (key === 'Tab') tell({ type: 'cancel' })
  else event.preventDefault()
  if (key === 'ArrowLeft' || key === 'ArrowRight') tell({ type: 'step', by: key === 'ArrowLeft' ? -1 : 1 })
  else if (key === ' ' || key === 'Enter') tell({ type: 'drop' })
  else if (key === 'Escape') tell({ type: 'cancel' })
  return true
}
