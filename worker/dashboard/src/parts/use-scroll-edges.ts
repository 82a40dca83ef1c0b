import { type RefObject, useEffect } from 'react'
import { sidesWithMore } from './scroll-edges.ts'

/**
 * Writes into `data-more` of an element at which sides it has more, for its style to show, and scrolls the part that is chosen (`aria-current`)
 * into its middle whenever `chosen` or the width changes. The page itself does not scroll.
 */
export function useScrollEdges(row: RefObject<HTMLElement | null>, chosen: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: there are other parts, or another one is marked, when `chosen` changes
  useEffect(() => {
    const element = row.current
    if (element === null) return
    const show = () => element.setAttribute('data-more', sidesWithMore(element))
    let width = 0
    const watching = new ResizeObserver(() => {
      const part = element.querySelector<HTMLElement>('[aria-current]')
      if (part !== null && width !== element.clientWidth)
        element.scrollLeft = part.offsetLeft - (element.clientWidth - part.offsetWidth) / 2
      width = element.clientWidth
      show()
    })
    for (const each of [element, ...element.children]) watching.observe(each)
    element.addEventListener('scroll', show, { passive: true })
    return () => {
      watching.disconnect()
      element.removeEventListener('scroll', show)
    }
  }, [row, chosen])
}
