import type { z } from 'zod'

/** The rows that this release knows, parsed. Another release may have written others, which are left out. */
export function knownRows<Row>(schema: z.ZodType<Row>, rows: Iterable<unknown>): Row[] {
  return [...rows].flatMap((row) => {
    const parsed = schema.safeParse(row)
    return parsed.success ? [parsed.data] : []
  })
}
