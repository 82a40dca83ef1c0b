import { useEffect, useEffectEvent, useState } from 'react'
import { Notice } from './notice.tsx'
import { pageState } from './page-state.ts'

const firstPauseMs = 1_000
const longestPauseMs = 15_000
/** With the network there and the page still the same, the script itself is at fault, and the user decides. */
const triesByItselfMax = 3

interface NotLoadedProps {
  readonly what: string
  /** How often it was tried again. */
  readonly tries: number
  retry(): void
}

/**
 * Stands in for a part of the page whose script could not be loaded. It waits for the network and tries again, or says that a
 * newer version of the page is there, whose scripts have other names.
 */
export function NotLoaded({ what, tries, retry }: NotLoadedProps) {
  const [state, setState] = useState<'unreachable' | 'replaced' | 'broken'>('unreachable')
  const again = useEffectEvent(retry)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let isOver = false
    let pauseMs = firstPauseMs
    async function look() {
      clearTimeout(timer)
      const found = await pageState()
      if (isOver) return
      if (found === 'same') {
        if (tries < triesByItselfMax) again()
        else setState('broken')
        return
      }
      setState(found)
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
      if (found === 'unreachable') timer = setTimeout(() => void look(), pauseMs)
    }
    const onOnline = () => void look()
    window.addEventListener('online', onOnline)
    timer = setTimeout(() => void look(), firstPauseMs)
    return () => {
      isOver = true
      clearTimeout(timer)
      window.removeEventListener('online', onOnline)
    }
  }, [tries])
  if (state === 'replaced') {
    return (
      <Notice tone="info">
        <p>
          A new version of the dashboard is there, and this page is of the one before. Reload it to go on.
        </p>
        <button type="button" className="primary" onClick={() => window.location.reload()}>
          Reload
        </button>
      </Notice>
    )
  }
  return (
    <Notice tone="bad">
      <p>
        {state === 'unreachable'
          ? `The server cannot be reached from here, so ${what} could not be loaded. This page tries again by itself.`
          : `This part of the page could not be loaded: ${what}.`}
      </p>
      <span className="row">
        <button type="button" onClick={retry}>
          Try again
        </button>
        <button type="button" className="plain" onClick={() => window.location.reload()}>
          Reload the page
        </button>
      </span>
    </Notice>
  )
}
