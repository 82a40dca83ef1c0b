import { type ComponentType, type ReactNode, useEffect, useState } from 'react'
import { NotLoaded } from './not-loaded.tsx'
import { Waiting } from './panel.tsx'

interface LaterOptions {
  /** Named while it is being loaded, and if it cannot be: `the board`. */
  readonly what: string
  /** Shown meanwhile, in place of a sentence. */
  readonly waiting?: ReactNode
  /** Whether its place is a line, where a failure must not take more room than a button. */
  readonly isBrief?: boolean
}

/**
 * A component whose script is loaded when it is first shown. A script that cannot be loaded leaves a notice in its place, which
 * tries again. `React.lazy` would remember the failure until the page is reloaded, and without a boundary take the page down.
 */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  { what, waiting, isBrief = false }: LaterOptions,
): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null
  return function Later(props: Props) {
    const [, setLoadedAtTry] = useState(-1)
    const [failed, setFailed] = useState(false)
    const [tries, setTries] = useState(0)
    useEffect(() => {
      if (loaded !== null) {
        // It may have arrived between the drawing and now, for a place that showed it before.
        setLoadedAtTry(tries)
        return
      }
      let isOver = false
      load().then(
        (component) => {
          loaded = component
          if (!isOver) setLoadedAtTry(tries)
        },
        () => {
          if (!isOver) setFailed(true)
        },
      )
      return () => {
        isOver = true
      }
    }, [tries])
    function retry() {
      setFailed(false)
      setTries((before) => before + 1)
    }
    const Loaded = loaded
    if (Loaded !== null) return <Loaded {...props} />
    if (failed) return <NotLoaded {...{ what, tries, retry, isBrief }} />
    return waiting === undefined ? <Waiting what={what} /> : waiting
  }
}
