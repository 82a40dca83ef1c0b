import { type ReactNode, useEffect, useRef } from 'react'

interface QuestionProps {
  /** The question, `Clear the cache?`. */
  readonly title: string
  /** The button that says yes, `Yes, clear`. */
  readonly yes: string
  /** The consequences of a yes. */
  readonly children: ReactNode
  onYes(): void
  onNo(): void
}

/** A button that works now cannot have the focus, which then goes to the panel around it. */
function focusAt(element: HTMLElement): void {
  element.focus()
  const panel = element.closest('section')
  if (document.activeElement === element || panel === null) return
  panel.tabIndex = -1
  panel.focus()
}

/** Asks before anything is done. Escape says no. */
export function Question({ title, yes, children, onYes, onNo }: QuestionProps) {
  const no = useRef<HTMLButtonElement>(null)
  // The question appears where the reader is not, so it takes the focus, on the answer that does no harm.
  useEffect(() => {
    const before = document.activeElement
    no.current?.focus()
    return () => {
      if (before instanceof HTMLElement && before.isConnected) focusAt(before)
    }
  }, [])
  return (
    <div
      className="question"
      role="alertdialog"
      aria-label={title}
      onKeyDown={({ key }) => {
        if (key === 'Escape') onNo()
      }}
    >
      <div>
        <strong>{title}</strong> {children}
      </div>
      <span className="row">
        <button type="button" className="danger" onClick={onYes}>
          {yes}
        </button>
        <button type="button" className="plain" ref={no} onClick={onNo}>
          No
        </button>
      </span>
    </div>
  )
}
