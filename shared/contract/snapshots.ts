import { z } from 'zod'
import { limits } from '../limits.ts'
import { storedInstant } from '../resources/stored-values.ts'
import { wholeNumber } from '../whole-number.ts'

/**
 * The snapshots that the queue `analytics` takes of a workspace: one after each day, week (from Monday) and month in the workspace's
 * time zone. A period is taken once, and never changes. The daily ones are also what the cached resource `analytics` shows.
 *
 *   GET /api/v1/analytics/snapshots?period=daily|weekly|monthly&limit=   → the newest snapshots, for members and the backend
 */

const snapshotPeriodSchema = z.enum(['daily', 'weekly', 'monthly'])
type SnapshotPeriod = z.output<typeof snapshotPeriodSchema>

/** The data of a job of the queue `analytics` that takes one snapshot. */
export const snapshotJobSchema = z
  .strictObject({ period: snapshotPeriodSchema, startsOn: z.iso.date() })
  .refine(({ period, startsOn }) => isPeriodStart(period, startsOn), {
    path: ['startsOn'],
    message: 'must be the first day of a period: a Monday, or the first of a month',
  })

function isPeriodStart(period: SnapshotPeriod, startsOn: string): boolean {
  const date = new Date(`${startsOn}T00:00:00Z`)
  if (period === 'weekly') return date.getUTCDay() === 1
  return period === 'daily' || date.getUTCDate() === 1
}

const count = z.int().nonnegative()
/** Null if there was no response. */
const seconds = z.number().nonnegative().nullable()
/** The most frequent values; a null value is one that is not set. `others` counts the contacts with any further value. */
const byValue = z.object({
  values: z.array(z.object({ value: z.string().nullable(), contacts: count })).max(limits.snapshotValuesMax),
  others: count,
})

/** From the first message that had no answer to the answer. */
const responseTimes = z.object({
  responses: count,
  medianSeconds: seconds,
  p90Seconds: seconds,
  meanSeconds: seconds,
})

export const snapshotFiguresSchema = z.object({
  /** Contacts created before the end of the period, as they were when the snapshot was taken. */
  contacts: z.object({
    total: count,
    created: count,
    byStatus: byValue,
    bySource: byValue,
    byColumn: z.object({
      values: z
        .array(z.object({ boardId: z.string(), columnId: z.string(), contacts: count }))
        .max(limits.snapshotColumnsMax),
      others: count,
    }),
  }),
  messages: z.array(z.object({ channel: z.string(), direction: z.string(), messages: count })).max(20),
  responseTimes: z.object({
    all: responseTimes,
    byChannel: z.array(responseTimes.extend({ channel: z.string() })).max(10),
  }),
  calls: count,
  emails: z.object({ inbound: count, outbound: count, threads: count, responseTimes }),
})

const snapshotSchema = z.object({
  period: snapshotPeriodSchema,
  /** The first day, and the last. */
  startsOn: z.iso.date(),
  endsOn: z.iso.date(),
  takenAt: storedInstant,
  figures: snapshotFiguresSchema,
})

export const snapshotsQuerySchema = z.strictObject({
  period: snapshotPeriodSchema,
  limit: wholeNumber(1, limits.snapshotsMax).default(limits.snapshotsDefault),
})

/** Newest first. */
export const snapshotListSchema = z.object({ snapshots: z.array(snapshotSchema).max(limits.snapshotsMax) })
