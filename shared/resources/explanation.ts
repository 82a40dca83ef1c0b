import { z } from 'zod'

/** How an answer came about: what `X-Explain: 1` adds to it. Times in milliseconds. */
export const explanationSchema = z.object({
  /** What was asked, in order, and what it said: a verdict on its entry, `miss`, or how it failed. */
  asked: z.array(z.object({ name: z.string(), said: z.string(), duration_ms: z.number() })),
  entry: z.object({
    /** The ledger and its version that the entry was read under. */
    stamp: z.object({ ledger: z.string(), version: z.int() }),
    age_ms: z.number(),
    /** How long the origin took to answer. */
    load_ms: z.number(),
  }),
  /** The isolate's copy of the ledger that the entry was judged by, and the version that the ledger began with (`floor`). */
  view: z.object({ version: z.int(), floor: z.int(), age_ms: z.number() }).nullable(),
  /** What the entry depends on, and the version that last moved it; 0 where nothing did, null where it is not known. */
  tags: z.array(z.object({ tag: z.string(), version: z.int().nullable() })),
})
export type Explanation = z.output<typeof explanationSchema>
