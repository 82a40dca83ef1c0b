import { useCallback, useEffect, useRef, useState } from 'react'
import type { ApiFailure } from '../../api/failure.ts'
import { failureOfClient } from '../client-failure.ts'

/** The outcome of the last write of each field, until the next one. */
interface Writes {
  /** Whether a write of the field is on its way. */
  isPending(name: string): boolean
  /** Why the last write of the field was taken back; null if it was not. */
  refusal(name: string): ApiFailure | null
  /** Runs a write. It shows at once, and the library takes it back if it is refused. */
  run(name: string, write: () => Promise<unknown>): void
}

export function useWrites(): Writes {
  const [pending, setPending] = useState<readonly string[]>([])
  const [refusals, setRefusals] = useState<ReadonlyMap<string, ApiFailure | null>>(new Map())
  const isThere = useRef(true)
  useEffect(() => {
    isThere.current = true
    return () => {
      isThere.current = false
    }
  }, [])
  const note = useCallback((name: string, failure: ApiFailure | null) => {
    setRefusals((before) => new Map([...before, [name, failure]]))
  }, [])
  return {
    isPending: (name) => pending.includes(name),
    refusal: (name) => refusals.get(name) ?? null,
    run(name, write) {
      note(name, null)
      setPending((before) => [...before, name])
      const end = (failure: ApiFailure | null) => {
        if (!isThere.current) return
        // One of them has ended. Others of the same field may be on their way.
        setPending((before) => before.toSpliced(before.indexOf(name), 1))
        if (failure !== null) note(name, failure)
      }
      write().then(
        () => end(null),
        (error: unknown) => end(failureOfClient(error)),
      )
    },
  }
}
