import { useEffect, useState } from 'react'

interface CopyButtonProps {
  /** Said to screen readers behind the text of the button, and shown on hover: `the line`. */
  readonly label: string
  /** The text, or how to get it. It is not asked for before the button is pressed. */
  readonly text: string | (() => Promise<string>)
  readonly children?: string
}

const shownMs = 2_000

/** Puts a text into the clipboard and says whether that worked. */
export function CopyButton({ label, text, children = 'Copy' }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<'copied' | 'refused' | null>(null)
  useEffect(() => {
    if (outcome === null) return
    const timer = setTimeout(() => setOutcome(null), shownMs)
    return () => clearTimeout(timer)
  }, [outcome])
  async function copy() {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : await text())
      setOutcome('copied')
    } catch {
      setOutcome('refused')
    }
  }
  return (
    <>
      <button type="button" className="copy" title={`Copy ${label}`} onClick={() => void copy()}>
        {outcome === 'copied' ? 'Copied' : outcome === 'refused' ? 'Not copied' : children}
        <span className="hidden"> {label}</span>
      </button>
      <span className="hidden" role="status">
        {outcome === 'copied' && 'Copied.'}
        {outcome === 'refused' && 'The browser did not allow it.'}
      </span>
    </>
  )
}
