import { useEffect, useRef, useState } from 'react'
import { changedBetween, type SeenRows } from './flashes.ts'

/** How long a changed row stays marked. The animation in board.css is as long. */
const flashMs = 1_600
const none: ReadonlySet<string> = new Set()

/**
 * The contacts that changed a moment ago. `moment` is another value with each view of the list, and the same one while it is only
 * scrolled; another `listKey` is another list, in which nothing has changed yet.
 */
export function useFlashes(listKey: string, moment: object, seen: SeenRows): ReadonlySet<string> {
  const [flashing, setFlashing] = useState(none)
  const last = useRef<{ listKey: string; moment: object; seen: SeenRows } | null>(null)
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>())
  useEffect(() => {
    const before = last.current
    last.current = { listKey, moment, seen }
    if (before === null || before.listKey !== listKey || before.moment === moment) return
    const changed = changedBetween(before.seen, seen)
    if (changed.length === 0) return
    setFlashing((shown) => new Set([...shown, ...changed]))
    const timer = setTimeout(() => {
      timers.current.delete(timer)
      setFlashing((shown) => new Set([...shown].filter((id) => !changed.includes(id))))
    }, flashMs)
    timers.current.add(timer)
  })
  useEffect(() => {
    const running = timers.current
    return () => {
      for (const timer of running) clearTimeout(timer)
    }
  }, [])
  return flashing
}
