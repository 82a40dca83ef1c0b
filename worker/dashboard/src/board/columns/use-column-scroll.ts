import { type RefObject, useEffect, useMemo, useState } from 'react'
import { type ColumnSpace, columnSpaceOf, scrolledTo } from './column-space.ts'

interface ColumnScroll {
  readonly space: ColumnSpace
  readonly view: { readonly leftPx: number; readonly widthPx: number }
  /** Scrolls a column into view. */
  show(column: number): void
}

/** The part of the board that an element shows as it is scrolled to the side and as its width changes. */
export function useColumnScroll(scroller: RefObject<HTMLElement | null>, columns: number): ColumnScroll {
  const [view, setView] = useState({ leftPx: 0, widthPx: 0 })
  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const look = () => {
      const { scrollLeft: leftPx, clientWidth: widthPx } = element
      setView((before) =>
        before.leftPx === leftPx && before.widthPx === widthPx ? before : { leftPx, widthPx },
      )
    }
    look()
    const observer = new ResizeObserver(look)
    observer.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [scroller])
  const space = useMemo(() => columnSpaceOf(view.widthPx, columns), [view.widthPx, columns])
  return {
    space,
    view,
    show(column) {
      const element = scroller.current
      if (element === null) return
      const { scrollLeft: leftPx, clientWidth: widthPx } = element
      element.scrollLeft = scrolledTo(space, { leftPx, widthPx }, column)
    },
  }
}
