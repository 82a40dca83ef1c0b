import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react'
import type { VirtualBoard } from '../../../../client/react/index.ts'

/**
 * Tells a virtual list which of its rows are on the screen, and follows the list where rows came or went above them, so that those on the
 * screen stay where they are.
 */
export function useShownRows(
  scroller: RefObject<HTMLElement | null>,
  { look, shift }: Pick<VirtualBoard, 'look' | 'shift'>,
  inView: readonly { readonly row: number; readonly offsetPx: number }[],
  rowPx: number,
  onShift: (byRows: number) => void,
): void {
  const looked = useRef<{ look: unknown; first: number; last: number } | null>(null)
  // After each drawing: scrolling shows other rows, and another function to look with belongs to another view of the list.
  useEffect(() => {
    const { scrollTop = 0, clientHeight = 0 } = scroller.current ?? {}
    const shown = inView.filter(
      ({ offsetPx }) => offsetPx + rowPx > scrollTop && offsetPx < scrollTop + clientHeight,
    )
    const first = shown[0]?.row ?? 0
    const last = shown.at(-1)?.row ?? first
    const before = looked.current
    if (before?.look === look && before.first === first && before.last === last) return
    looked.current = { look, first, last }
    look(first, last)
  })
  const followed = useRef(shift)
  useLayoutEffect(() => {
    const byRows = shift - followed.current
    followed.current = shift
    if (byRows === 0 || scroller.current === null) return
    scroller.current.scrollTop += byRows * rowPx
    onShift(byRows)
  }, [shift, rowPx, scroller, onShift])
}
