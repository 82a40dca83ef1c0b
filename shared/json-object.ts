import { z } from 'zod'

/**
 * An object of any members, as it was parsed from JSON. z.record would drop a member named `__proto__`, which JSON may have, and with it
 * what somebody wants to keep.
 */
export function jsonObject() {
  return z
    .custom<Readonly<Record<string, unknown>>>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      'must be an object',
    )
    .meta({ type: 'object' })
}
