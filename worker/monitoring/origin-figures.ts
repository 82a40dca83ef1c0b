import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { outboxHealthSchema } from '../../shared/contract/origin.ts'
import { limits } from '../../shared/limits.ts'

const count = z.int().nonnegative()

/** What the origin's `/metrics` tells that only it knows: the queue for its database, and the outbox. */
const originFiguresSchema = z.object({
  pool: z.object({ running: count, waiting: count }),
  outbox: z
    .object({
      status: outboxHealthSchema.shape.status,
      relayed: count,
      waiting: z.object({ depth: count, oldestAgeMs: z.number().nonnegative(), parked: count }).nullable(),
    })
    .nullable(),
})
export type OriginFigures = z.output<typeof originFiguresSchema>

/** Asks the origin for its figures; null where it does not answer in time, or not in these words. Never rejects. */
export type ReadOriginFigures = () => Promise<OriginFigures | null>

export function createOriginFigures(
  access: { readonly originUrl: string; readonly internalAuthKey: string },
  clock: Clock,
): ReadOriginFigures {
  return () =>
    withinDeadline(
      clock,
      limits.probeDeadlineMs,
      async (signal) => {
        try {
          const response = await fetch(`${access.originUrl}/metrics`, {
            headers: { Authorization: `Bearer ${access.internalAuthKey}` },
            signal,
          })
          const figures = originFiguresSchema.safeParse(await response.json())
          return figures.success ? figures.data : null
        } catch {
          return null
        }
      },
      null,
    )
}
