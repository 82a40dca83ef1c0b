/** The part of a contact that is known of a card while it is carried. */
export interface CarriedCard {
  readonly id: string
  readonly name: string
}

interface Pressed {
  readonly phase: 'pressed'
  readonly card: CarriedCard
  readonly from: number
  readonly xPx: number
  readonly yPx: number
}

interface Carried {
  readonly phase: 'carried'
  readonly by: 'pointer' | 'keys'
  readonly card: CarriedCard
  readonly from: number
  /** The column in which the card would be put; null outside of all. */
  readonly over: number | null
}

/** A card that is not held, that is pressed and may be about to be carried, or that is carried over the columns. */
export type Drag = { readonly phase: 'idle' } | Pressed | Carried

export type DragEvent =
  | {
      readonly type: 'press'
      readonly card: CarriedCard
      readonly from: number
      readonly xPx: number
      readonly yPx: number
    }
  | { readonly type: 'point'; readonly xPx: number; readonly yPx: number; readonly over: number | null }
  | { readonly type: 'release' }
  | { readonly type: 'lift'; readonly card: CarriedCard; readonly from: number }
  | { readonly type: 'step'; readonly by: -1 | 1 }
  | { readonly type: 'drop' }
  | { readonly type: 'cancel' }

/** A card that has to be moved to another column. */
export interface Move {
  readonly card: CarriedCard
  readonly from: number
  readonly to: number
}

export const idle: Drag = { phase: 'idle' }

/** A pointer that has moved by less than this has only pressed. */
const carriedFromPx = 6

/**
 * The drag after an event, and the move that the event asks for. Events that do not fit the phase change nothing, because a pointer and
 * keys can be used at once and both may end what the other began.
 */
export function afterDragEvent(
  drag: Drag,
  event: DragEvent,
  columns: number,
): { readonly drag: Drag; readonly move: Move | null } {
  const stays = { drag, move: null }
  switch (event.type) {
    case 'press':
      return drag.phase === 'carried'
        ? stays
        : {
            drag: {
              ...{ phase: 'pressed', card: event.card, from: event.from },
              ...{ xPx: event.xPx, yPx: event.yPx },
            },
            move: null,
          }
    case 'point':
      return { drag: pointed(drag, event), move: null }
    case 'lift':
      return drag.phase === 'carried'
        ? stays
        : {
            drag: { phase: 'carried', by: 'keys', card: event.card, from: event.from, over: event.from },
            move: null,
          }
    case 'step':
      return { drag: stepped(drag, event.by, columns), move: null }
    case 'release':
      return drag.phase === 'carried' && drag.by === 'keys' ? stays : dropped(drag)
    case 'drop':
      return dropped(drag)
    case 'cancel':
      return { drag: idle, move: null }
  }
}

function pointed(drag: Drag, { xPx, yPx, over }: Extract<DragEvent, { type: 'point' }>): Drag {
  if (drag.phase === 'pressed') {
    const distancePx = Math.hypot(xPx - drag.xPx, yPx - drag.yPx)
    if (distancePx < carriedFromPx) return drag
    return { phase: 'carried', by: 'pointer', card: drag.card, from: drag.from, over }
  }
  if (drag.phase !== 'carried' || drag.by === 'keys' || drag.over === over) return drag
  return { ...drag, over }
}

function stepped(drag: Drag, by: -1 | 1, columns: number): Drag {
  if (drag.phase !== 'carried' || drag.by === 'pointer') return drag
  const over = Math.min(Math.max((drag.over ?? drag.from) + by, 0), columns - 1)
  return over === drag.over ? drag : { ...drag, over }
}

/** A card that is put outside of the columns, or where it was, stays there. */
function dropped(drag: Drag): { readonly drag: Drag; readonly move: Move | null } {
  if (drag.phase !== 'carried' || drag.over === null || drag.over === drag.from)
    return { drag: idle, move: null }
  return { drag: idle, move: { card: drag.card, from: drag.from, to: drag.over } }
}
