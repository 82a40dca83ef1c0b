import { z } from 'zod'
import { cacheMemberSchema } from '../resources/served.ts'

/** One fault of an input: the parameter, and what would be accepted. */
export const faultSchema = z.object({ parameter: z.string(), message: z.string() })
export type Fault = z.output<typeof faultSchema>

/**
 * The body of an error for those who show it. They take any code, because the Worker that answers may be newer than they are, and so
 * they need no table of errors.
 */
export const errorShownSchema = z.object({
  error: z.string(),
  code: z.string(),
  details: z.array(faultSchema).optional(),
  retryAfter: z.number().optional(),
  requestId: z.string(),
  /** With the 404 of a cached resource: how it was found that the thing does not exist. */
  _cache: cacheMemberSchema.optional(),
})
