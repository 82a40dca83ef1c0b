import { type PointerEvent, type RefObject, useEffect, useEffectEvent, useRef, useState } from 'react'
import { afterDragEvent, type CarriedCard, type Drag, type DragEvent, idle, type Move } from './card-drag.ts'
import { type ColumnSpace, columnAt, edgeScrollPx } from './column-space.ts'

interface CardDragOptions {
  /** The element that the columns scroll in. */
  readonly scroller: RefObject<HTMLElement | null>
  /** Shown under the pointer while a card is carried by it. */
  readonly ghost: RefObject<HTMLElement | null>
  readonly space: ColumnSpace
  onChange(before: Drag, after: Drag, move: Move | null): void
}

export interface CardDrag {
  readonly drag: Drag
  /** A pointer is pressed on a card, which may be the beginning of a drag. */
  press(event: PointerEvent, card: CarriedCard, from: number): void
  tell(event: DragEvent): void
  /** Whether the click that the browser reports now only ends a drag. */
  endsWithClick(): boolean
}

/** A card that is carried by a pointer or by keys. While a pointer carries it near an edge of the board, the board scrolls. */
export function useCardDrag({ scroller, ghost, space, onChange }: CardDragOptions): CardDrag {
  const [drag, setDrag] = useState<Drag>(idle)
  // Events can follow each other before the page is drawn again, so the state they continue is kept beside the drawn one.
  const latest = useRef<Drag>(idle)
  const pointer = useRef({ xPx: 0, yPx: 0 })
  const hasCarried = useRef(false)

  function tell(event: DragEvent): void {
    const before = latest.current
    const { drag: after, move } = afterDragEvent(before, event, space.columns)
    if (after === before) return
    latest.current = after
    if (before.phase === 'carried' && event.type === 'release') {
      hasCarried.current = true
      // The browser reports the click of this press before any timer.
      setTimeout(() => {
        hasCarried.current = false
      })
    }
    setDrag(after)
    onChange(before, after, move)
  }

  const point = useEffectEvent(() => {
    const element = scroller.current
    if (element === null) return
    const { xPx, yPx } = pointer.current
    tell({ type: 'point', xPx, yPx, over: columnUnder(element, space, xPx, yPx) })
    if (ghost.current !== null) ghost.current.style.transform = `translate(${xPx + 10}px, ${yPx + 6}px)`
  })
  const end = useEffectEvent((type: 'release' | 'cancel') => tell({ type }))

  const isHeld = drag.phase === 'pressed' || (drag.phase === 'carried' && drag.by === 'pointer')
  const isCarried = isHeld && drag.phase === 'carried'
  useEffect(() => (isHeld ? followPointer(pointer.current, point, end) : undefined), [isHeld])
  useEffect(() => {
    if (!isCarried) return
    point()
    return scrollAtEdges(scroller, pointer.current, point)
  }, [isCarried, scroller])

  return {
    drag,
    tell,
    endsWithClick: () => hasCarried.current,
    press(event, card, from) {
      pointer.current.xPx = event.clientX
      pointer.current.yPx = event.clientY
      tell({ type: 'press', card, from, xPx: event.clientX, yPx: event.clientY })
    },
  }
}

/** A pointer may leave the board at its top and bottom by this much. */
const tolerancePx = 60

function columnUnder(element: HTMLElement, space: ColumnSpace, xPx: number, yPx: number): number | null {
  const { left, right, top, bottom } = element.getBoundingClientRect()
  const isInside = xPx >= left && xPx <= right && yPx >= top - tolerancePx && yPx <= bottom + tolerancePx
  return isInside ? columnAt(space, xPx - left + element.scrollLeft) : null
}

/** Listens to the whole page, because the pointer leaves the card, which may even be gone from the page. */
function followPointer(
  pointer: { xPx: number; yPx: number },
  point: () => void,
  end: (type: 'release' | 'cancel') => void,
): () => void {
  const listening = new AbortController()
  const { signal } = listening
  let hasMoved = false
  window.addEventListener(
    'pointermove',
    (event) => {
      hasMoved = true
      pointer.xPx = event.clientX
      pointer.yPx = event.clientY
      point()
    },
    { signal },
  )
  window.addEventListener('pointerup', () => end('release'), { signal })
  window.addEventListener('pointercancel', () => end('cancel'), { signal })
  window.addEventListener('blur', () => end('cancel'), { signal })
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || !hasMoved) return
      event.preventDefault()
      end('cancel')
    },
    { signal },
  )
  return () => listening.abort()
}

function scrollAtEdges(
  scroller: RefObject<HTMLElement | null>,
  pointer: { readonly xPx: number },
  point: () => void,
): () => void {
  let frame = 0
  const next = () => {
    frame = requestAnimationFrame(next)
    const element = scroller.current
    if (element === null) return
    const { left, right } = element.getBoundingClientRect()
    const byPx = edgeScrollPx(pointer.xPx, left, right)
    if (byPx === 0) return
    element.scrollLeft += byPx
    point()
  }
  frame = requestAnimationFrame(next)
  return () => cancelAnimationFrame(frame)
}
