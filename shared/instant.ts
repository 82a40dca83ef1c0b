import { z } from 'zod'

/** Nanoseconds, the finest that clocks report. Postgres keeps microseconds, and refuses some 130 digits. */
const fractionDigitsMax = 9
/** Postgres accepts offsets up to 15:59 (MAX_TZDISP_HOUR in its datetime.h). */
const offsetHoursMax = 15

const firstMs = Date.parse('0001-01-01T00:00:00Z')
const pastMs = Date.parse('9999-12-31T23:59:59Z') + 1_000

const form = z.iso.datetime({
  offset: true,
  abort: true,
  error: 'must be an instant with its offset, as in 2026-01-31T23:59:59.5+02:00',
})
const parts = /^(?<seconds>[^.]+?)(?:\.(?<fraction>\d+))?(?<offset>Z|[+-](?<hours>\d\d):\d\d)$/

/**
 * An instant from outside: RFC 3339 with its offset, in the years 1 to 9999 UTC. Postgres accepts everything that this
 * schema accepts, and returns the same instant rounded to the microsecond.
 */
export const instant = form.superRefine((text, context) => {
  const fault = faultOf(text)
  if (fault !== null) context.addIssue({ code: 'custom', message: fault, input: text })
})

function faultOf(text: string): string | null {
  const { seconds = '', fraction = '', offset = '', hours = '0' } = parts.exec(text)?.groups ?? {}
  if (Number(hours) > offsetHoursMax) return `must have an offset of at most ${offsetHoursMax}:59`
  if (fraction.length > fractionDigitsMax) return `must have at most ${fractionDigitsMax} digits of a second`
  // Postgres rounds to the microsecond, which may carry into the next second and, in the worst case, into the year
  // 10000.
  const carryMs = Math.round(Number(`0.${fraction}0`) * 1e6) === 1e6 ? 1_000 : 0
  const atMs = Date.parse(`${seconds}${offset}`)
  // Postgres has no year 0, although with a negative offset its last hours belong to the year 1 in UTC.
  const isOfTheYears = atMs >= firstMs && atMs + carryMs < pastMs && !text.startsWith('0000')
  return isOfTheYears ? null : 'must be an instant of the years 1 to 9999'
}
