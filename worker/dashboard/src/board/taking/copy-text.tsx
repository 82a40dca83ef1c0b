import { useState } from 'react'
import { Notice } from '../../parts/notice.tsx'

/** A text that was copied, or one that the browser did not let the page copy and that the user may take. */
type Copying =
  | { readonly kind: 'copied'; readonly what: string; readonly times: number }
  | { readonly kind: 'refused'; readonly what: string; readonly text: string }

export interface Copier {
  readonly copying: Copying | null
  copy(what: string, text: string): void
  close(): void
}

/** Copies texts. `what` names them for the user: `the id`. */
export function useCopier(): Copier {
  const [copying, setCopying] = useState<Copying | null>(null)
  async function copy(what: string, text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      setCopying((before) => ({
        ...{ kind: 'copied', what },
        times: before?.kind === 'copied' ? before.times + 1 : 1,
      }))
    } catch {
      // Without a permission, and on a page without TLS, there is no clipboard.
      setCopying({ kind: 'refused', what, text })
    }
  }
  return { copying, copy: (what, text) => void copy(what, text), close: () => setCopying(null) }
}

/** Says that a text was copied, or shows it for the user to copy. */
export function CopyReport({ copier: { copying, close } }: { readonly copier: Copier }) {
  return (
    <>
      <p className="taking-said quiet small" role="status">
        {copying?.kind === 'copied' && <span key={copying.times}>Copied {copying.what}.</span>}
      </p>
      {copying?.kind === 'refused' && (
        <Notice tone="info">
          <label className="field taking-text">
            <span>This browser does not let the page copy. Take {copying.what} from here:</span>
            <input readOnly value={copying.text} onFocus={({ target }) => target.select()} />
          </label>
          <button type="button" onClick={close}>
            Close
          </button>
        </Notice>
      )}
    </>
  )
}
