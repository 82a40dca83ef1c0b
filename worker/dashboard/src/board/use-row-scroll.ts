import { useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { flushSync } from 'react-dom'
import {
  isNear,
  type Measures,
  placeOf,
  type ScrollSpace,
  scrollSpaceOf,
  settled,
  shiftAfterScroll,
} from './scroll-space.ts'

/** The rows in view of a list that may have more rows than a browser can scroll. */
interface RowScroll {
  readonly inView: readonly { readonly row: number; readonly offsetPx: number }[]
  /** The height of the whole list in the browser. */
  readonly heightPx: number
  /** The first and the last row on the screen. */
  readonly onScreen: { readonly first: number; readonly last: number }
  /** Scrolls to a row unless it is in view. */
  scrollToRow(row: number): void
  /** Scrolls by whole rows, after so many have come in above the screen. */
  scrollByRows(rows: number): void
}

const overscanRows = 8
/** After this time without movement, scrolling has come to rest. */
const restMs = 150

/**
 * Rows of equal height in a scrolling element, below sticky headings of the same height. The virtualizer only knows
 * slots; scroll-space.ts says which rows they contain.
 */
export function useRowScroll(
  scroller: RefObject<HTMLElement | null>,
  rows: number,
  rowPx: number,
): RowScroll {
  const screenPixels = useSyncExternalStore(onResize, () => window.devicePixelRatio)
  const space = useMemo(() => scrollSpaceOf(rows, rowPx, screenPixels), [rows, rowPx, screenPixels])
  const hidden = space.rows - space.slots
  const [shift, setShift] = useState(0)
  const view = useRef({ topPx: 0, shift: 0 })
  const virtual = useVirtualizer({
    count: space.slots,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: overscanRows,
    // The headings cover this much of the rows.
    scrollPaddingEnd: rowPx,
  })

  useEffect(() => {
    const element = scroller.current
    view.current.shift = Math.min(view.current.shift, hidden)
    if (element === null || hidden === 0) return
    return followScrolling({ element, space, view, rowPx, setShift })
  }, [scroller, space, hidden, rowPx])

  const from = Math.min(shift, hidden)
  const { startIndex = 0, endIndex = 0 } = virtual.range ?? {}
  return {
    inView: virtual.getVirtualItems().map(({ index, start }) => ({ row: index + from, offsetPx: start })),
    onScreen: { first: startIndex + from, last: endIndex + from },
    heightPx: virtual.getTotalSize(),
    scrollToRow(row) {
      const element = scroller.current
      if (element === null) return
      const near = row - view.current.shift
      const isThere =
        near >= 0 &&
        near < space.slots &&
        isNear(view.current.topPx, near * rowPx, measuresOf(element, rowPx))
      const placed = isThere ? { slot: near, shift: view.current.shift } : placeOf(space, row)
      view.current.shift = placed.shift
      flushSync(() => setShift(placed.shift))
      virtual.scrollToIndex(placed.slot, { align: 'auto' })
      // The scroll event that follows must find nothing to do.
      view.current.topPx = element.scrollTop
    },
    scrollByRows(rowsBy) {
      const element = scroller.current
      if (element === null) return
      element.scrollTop += rowsBy * rowPx
      view.current.topPx = element.scrollTop
    },
  }
}

/** Magnifying a page, or moving it to another screen, resizes it. */
function onResize(tell: () => void): () => void {
  window.addEventListener('resize', tell)
  return () => window.removeEventListener('resize', tell)
}

interface Following {
  readonly element: HTMLElement
  readonly space: ScrollSpace
  readonly view: RefObject<{ topPx: number; shift: number }>
  readonly rowPx: number
  setShift(shift: number): void
}

/**
 * Sets the shift while the list is scrolled, and corrects the scrollbar once scrolling rests. The function returned
 * stops it.
 */
function followScrolling({ element, space, view, rowPx, setShift }: Following): () => void {
  let rest: ReturnType<typeof setTimeout> | undefined
  // Synchronously: the rows of a shift belong to the current scroll position.
  const show = (next: number) => {
    if (next === view.current.shift) return
    view.current.shift = next
    flushSync(() => setShift(next))
  }
  const onRest = () => {
    const { topPx, shift: next } = settled(space, view.current, rowPx)
    if (next === view.current.shift) return
    show(next)
    element.scrollTop = topPx
    view.current.topPx = element.scrollTop
  }
  const onScroll = () => {
    const topPx = element.scrollTop
    const next = shiftAfterScroll(space, view.current, topPx, measuresOf(element, rowPx))
    view.current.topPx = topPx
    show(next)
    clearTimeout(rest)
    rest = setTimeout(onRest, restMs)
  }
  element.addEventListener('scroll', onScroll, { passive: true })
  return () => {
    element.removeEventListener('scroll', onScroll)
    clearTimeout(rest)
  }
}

function measuresOf(element: HTMLElement, rowPx: number): Measures {
  const { clientHeight, scrollHeight } = element
  return { rowPx, heightPx: clientHeight - rowPx, endPx: scrollHeight - clientHeight }
}
