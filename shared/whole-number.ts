import { z } from 'zod'

/** A whole number written in decimal digits, as it stands in URLs and environments. */
export function wholeNumber(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .meta({ description: `A whole number from ${min} to ${max}` })
    .transform(Number)
    .pipe(z.int().min(min).max(max))
}
