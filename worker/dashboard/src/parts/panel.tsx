import { type ReactNode, useId } from 'react'

interface PanelProps {
  readonly title: string
  readonly className?: string
  /** Shown at the right of the title. */
  readonly aside?: ReactNode
  readonly children: ReactNode
}

/** A part of a view. Its title names it in the list of landmarks. */
export function Panel({ title, className, aside, children }: PanelProps) {
  const id = useId()
  return (
    <section className={`panel ${className ?? ''}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  )
}

/** Shown while a panel's content is being loaded. */
export function Waiting({ what }: { what: string }) {
  return (
    <p className="waiting" role="status">
      Loading {what} …
    </p>
  )
}
