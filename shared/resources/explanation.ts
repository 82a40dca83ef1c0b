import { z } from 'zod'

/** A tag with the version that last moved it. */
const movedTagSchema = z.object({ tag: z.string(), version: z.int() })

/** The entry that a tier had, whether or not it answered. */
const heldSchema = z.object({
  stamp: z.object({ version: z.int() }),
  age_ms: z.number(),
  /** Whether its stamp is of the ledger that it was judged by. A stamp of another one cannot be compared, and counts as moved past. */
  is_of_ledger: z.boolean(),
  /** The tags that moved past its stamp, and so made it outdated, the latest first. */
  outdated_by: z.array(movedTagSchema),
})

/** The entry of a tier that stands beside those of the others. */
const comparedSchema = heldSchema.extend({
  /** The time since it was last known to equal the database. */
  proved_age_ms: z.number(),
  /** The time until its lifetime ends; negative after its end. A tag that moves ends it earlier. */
  left_ms: z.number(),
})

/** How an answer was found, as `X-Explain: 1` adds it to the answer. Times are in milliseconds. */
export const explanationSchema = z.object({
  /** The tiers and the origin in the order of their calls. `said` is the verdict on the entry, `miss`, or the failure. */
  asked: z.array(
    z.object({
      name: z.string(),
      said: z.string(),
      duration_ms: z.number(),
      /** Absent if it had no entry, and for the origin. */
      held: heldSchema.optional(),
    }),
  ),
  /** Every tier from near to far, side by side. `is_aside`: the answer was found without it, and it was read for this explanation alone. */
  tiers: z.array(
    z.object({
      name: z.string(),
      said: z.string(),
      duration_ms: z.number(),
      is_aside: z.boolean(),
      held: comparedSchema.optional(),
    }),
  ),
  entry: z.object({
    /** The ledger and its version, as known before the entry was loaded. */
    stamp: z.object({ ledger: z.string(), version: z.int() }),
    age_ms: z.number(),
    /** The time since it was last known to equal the database: since its load, or since a later proof. */
    proved_age_ms: z.number(),
    /** How long the origin took to answer. */
    load_ms: z.number(),
  }),
  /** The view of the ledger that the entry was judged by. `floor` is the version that the ledger began with. */
  view: z.object({ version: z.int(), floor: z.int(), age_ms: z.number() }).nullable(),
  /** The tags of the entry with the version that last moved each: 0 if none did, null if it is not known. */
  tags: z.array(z.object({ tag: z.string(), version: z.int().nullable() })),
})
export type Explanation = z.output<typeof explanationSchema>
