import { z } from 'zod'
import { scopeIdSchema } from '../ids.ts'
import { limits } from '../limits.ts'

const instantMs = z.int().nonnegative()

/** A position in the WAL as Postgres writes it (pg_lsn): two hexadecimal numbers of at most 32 bits. */
const position = z
  .string()
  .regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/)
  .meta({ examples: ['0/16B3748'] })

/**
 * A mark: everything that was committed before `at` has been told to the ledgers, except for these workspaces. `at` is an instant
 * that an earlier answer gave, before the relay took the snapshot that the mark is about.
 */
const markSchema = z.strictObject({
  at: instantMs,
  /** The cluster and its timeline (private.database_identity). */
  database: z
    .string()
    .regex(/^\d{1,20}:[0-9A-F]{8}$/)
    .meta({ examples: ['7574123456789012345:00000001'] }),
  /** The position of the WAL when the snapshot was taken. */
  position,
  except: z.array(scopeIdSchema).max(limits.markExceptionsMax),
  /**
   * The `succession` of the answer that refused the relay's database. It says that the relay has moved everything since then, before
   * it took this mark.
   */
  succeeds: z.int().nonnegative().optional(),
})
export type Mark = z.output<typeof markSchema>

/** POST /api/cache/marks. Without a mark, the relay only asks for an instant. */
export const markRequestSchema = z.strictObject({ mark: markSchema.nullable() })

/**
 * `taken`: the mark counts. `overtaken`: another relay's mark has a later position, which says nothing about this one.
 * `refused`: the database is another one than that of the marks before, or has gone back. The relay then moves everything and says
 * so in its next mark. `none`: there was no mark.
 */
export const markAnswerSchema = z.object({
  outcome: z.enum(['none', 'taken', 'overtaken', 'refused']),
  /** The instant at which the request arrived. A snapshot that is taken later can be marked with it. */
  now: instantMs,
  /** The number of databases that have followed each other. */
  succession: z.int().nonnegative(),
})
export type MarkAnswer = z.output<typeof markAnswerSchema>

/** A position of the WAL as a number of bytes. */
export function positionOf(text: string): bigint {
  const [high = '0', low = '0'] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}
