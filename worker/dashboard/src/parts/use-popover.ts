import { type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react'

interface Popover {
  readonly isOpen: boolean
  readonly button: RefObject<HTMLButtonElement | null>
  /** Of the element that holds the button and what it opens. */
  readonly holder: {
    readonly ref: RefObject<HTMLFieldSetElement | null>
    onKeyDown(event: KeyboardEvent): void
    onBlur(event: FocusEvent<HTMLElement>): void
  }
  toggle(): void
  close(): void
}

/**
 * Something that a button opens over the page. Escape closes it and goes back to the button; it also closes when the focus goes elsewhere or
 * something outside is pressed, so that it never covers a view that the user has gone to.
 */
export function usePopover(): Popover {
  const [isOpen, setIsOpen] = useState(false)
  const ref = useRef<HTMLFieldSetElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const close = () => setIsOpen(false)

  useEffect(() => {
    if (!isOpen) return
    const onPress = ({ target }: Event) => {
      if (!(target instanceof Node) || ref.current?.contains(target) !== true) setIsOpen(false)
    }
    window.addEventListener('pointerdown', onPress, { capture: true })
    return () => window.removeEventListener('pointerdown', onPress, { capture: true })
  }, [isOpen])

  function onKeyDown({ key }: KeyboardEvent) {
    if (key !== 'Escape' || !isOpen) return
    close()
    button.current?.focus()
  }
  // Without another element the window has lost the focus, or what had it is gone.
  function onBlur({ currentTarget, relatedTarget }: FocusEvent<HTMLElement>) {
    if (relatedTarget !== null && !currentTarget.contains(relatedTarget)) close()
  }
  return { isOpen, button, holder: { ref, onKeyDown, onBlur }, toggle: () => setIsOpen(!isOpen), close }
}
