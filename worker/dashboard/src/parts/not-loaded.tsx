import { useEffect, useEffectEvent, useState } from 'react'
import { Notice } from './notice.tsx'
import { pageState } from './page-state.ts'

const firstPauseMs = 1_000
const longestPauseMs = 15_000
/** With the network there and the page still the same, the script itself is at fault, and the user decides. */
const triesByItselfMax = 3

type State = 'unreachable' | 'replaced' | 'broken'

interface NotLoadedProps {
  readonly what: string
  /** How often it was tried again. */
  readonly tries: number
  /** Shown as a button alone, whose words are for screen readers and the pointer. */
  readonly isBrief: boolean
  retry(): void
}

/**
 * Stands in for a part of the page whose script could not be loaded. It waits for the network and tries again, or says that a
 * newer version of the page is there, whose scripts have other names.
 */
export function NotLoaded({ what, tries, retry, isBrief }: NotLoadedProps) {
  const [state, setState] = useState<State>('unreachable')
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
  const sentence = sentenceOf(state, what)
  const reload = () => window.location.reload()
  if (isBrief) {
    return (
      <span role="alert">
        <span className="hidden">{sentence}</span>
        <button type="button" title={sentence} onClick={state === 'replaced' ? reload : retry}>
          {state === 'replaced' ? 'Reload' : 'Try again'}
        </button>
      </span>
    )
  }
  if (state === 'replaced') {
    return (
      <Notice tone="info">
        <p>{sentence}</p>
        <button type="button" className="primary" onClick={reload}>
          Reload
        </button>
      </Notice>
    )
  }
  return (
    <Notice tone="bad">
      <p>{sentence}</p>
      <span className="row">
        <button type="button" onClick={retry}>
          Try again
        </button>
        <button type="button" className="plain" onClick={reload}>
          Reload the page
        </button>
      </span>
    </Notice>
  )
}

function sentenceOf(state: State, what: string): string {
  if (state === 'replaced')
    return 'A new version of the dashboard is there, and this page is of the one before. Reload it to go on.'
  return state === 'unreachable'
    ? `The server cannot be reached from here, so ${what} could not be loaded. This page tries again by itself.`
    : `This part of the page could not be loaded: ${what}.`
}
