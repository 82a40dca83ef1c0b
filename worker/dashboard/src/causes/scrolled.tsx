import type { ReactNode } from 'react'

/** A table that scrolls in its own place, with the keys too. */
export function Scrolled({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keys (axe: scrollable-region-focusable)
    <section className="causes-scroll causes-long" tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
