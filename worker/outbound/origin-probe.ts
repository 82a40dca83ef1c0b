import type { Clock } from '../../shared/clock.ts'
import { pause, withinDeadline } from '../../shared/clock.ts'
import { type OriginHealth, originHealthSchema } from '../../shared/contract/origin.ts'
import { limits } from '../../shared/limits.ts'
import { readAs } from './read-as.ts'

/** Whether the origin answers, whether its database does, and its health in its own words; null if it does not answer. */
export interface OriginProbe {
  readonly origin: boolean
  readonly database: boolean
  readonly health: OriginHealth | null
}

interface Probed {
  readonly url: string
  readonly clock: Clock
}

/** Goes past the breaker: the probe finds out whether the origin answers. */
export function probeOrigin({ url, clock }: Probed): Promise<OriginProbe> {
  const neither: OriginProbe = { origin: false, database: false, health: null }
  return withinDeadline(
    clock,
    limits.probeDeadlineMs,
    async (signal) => {
      try {
        const response = await fetch(`${url}/health`, { signal })
        const health = await readAs(response, originHealthSchema)
        return health === null ? neither : { origin: true, database: health.database.available, health }
      } catch {
        return neither
      }
    },
    neither,
  )
}

/**
 * Runs a read with a signal that is also aborted if the origin is silent: it has not answered the read for `limits.regionPatienceMs`, and
 * does not answer a probe either. A slow query is no silence: sending it to another region too would load the database twice.
 */
export async function unlessSilent<Value>(
  { url, clock }: Probed,
  signal: AbortSignal,
  read: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const silence = new AbortController()
  let isSettled = false
  const watch = async () => {
    await pause(clock, limits.regionPatienceMs)
    if (isSettled) return
    const { origin } = await probeOrigin({ url, clock })
    if (!origin) silence.abort()
  }
  void watch()
  try {
    return await read(AbortSignal.any([signal, silence.signal]))
  } finally {
    isSettled = true
  }
}
