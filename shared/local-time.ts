import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { limits } from './limits.ts'

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
type Weekday = (typeof weekdays)[number]

/** The time on the clocks of a place at an instant. */
export interface LocalTime {
  /** The zone whose clocks these are: the one that was named, or UTC if there is no such zone. */
  readonly timeZone: string
  /** The full minute with its offset from UTC (ISO 8601), such as `2026-11-26T08:05:00+01:00`. */
  readonly iso: string
  readonly weekday: Weekday
  /** The minutes that the clocks show since 00:00. On a day on which they are changed, other minutes have passed. */
  readonly minuteOfDay: number
}

/** The time on the clocks of an IANA zone at an instant. An unknown zone counts as UTC, so that an answer never fails for its zone. */
export function localTime(atMs: number, timeZone: string): LocalTime {
  const clock = clockOf(timeZone)
  const minuteStartMs = Math.floor(atMs / minuteMs) * minuteMs
  if (clock.shown?.minuteStartMs !== minuteStartMs) {
    clock.shown = { minuteStartMs, time: shownBy(clock, minuteStartMs) }
  }
  return clock.shown.time
}

function shownBy(clock: ZoneClock, minuteStartMs: number): LocalTime {
  const shown = Object.fromEntries(
    clock.format.formatToParts(minuteStartMs).map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = shown
  const shownMs = Date.UTC(year, month - 1, day, hour, minute)
  // All zones have been whole minutes from UTC since 1972.
  const offsetMinutes = Math.round((shownMs - minuteStartMs) / minuteMs)
  const weekday = weekdays[new Date(shownMs).getUTCDay()] ?? 'sun'
  return {
    timeZone: clock.timeZone,
    iso: `${new Date(shownMs).toISOString().slice(0, 19)}${offsetText(offsetMinutes)}`,
    weekday,
    minuteOfDay: hour * 60 + minute,
  }
}

const minuteMs = 60_000

/** Whether a text is the name of an IANA time zone. */
export function isTimeZone(timeZone: string): boolean {
  return clockOf(timeZone).isKnown
}

export type PartOfDay = 'morning' | 'afternoon' | 'evening' | 'night'

/** Morning from 5:00, afternoon from 12:00, evening from 18:00, and night from 22:00. */
export function partOfDay({ minuteOfDay }: Pick<LocalTime, 'minuteOfDay'>): PartOfDay {
  const hour = Math.floor(minuteOfDay / 60)
  if (hour < 5 || hour >= 22) return 'night'
  if (hour < 12) return 'morning'
  return hour < 18 ? 'afternoon' : 'evening'
}

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like 09:30')
const endOfSpan = timeOfDay.or(z.literal('24:00'))
const spans = z.array(z.tuple([timeOfDay, endOfSpan])).max(limits.workingSpansPerDayMax)

/**
 * The hours of a week in which somebody works: `{"mon": [["09:00", "12:30"], ["13:30", "17:00"]]}`. A day that is not named has none.
 * A span includes its first minute and not its end. A span whose end is not after its start ends on the next day.
 */
export const workingHoursSchema = z.strictObject(
  Object.fromEntries(weekdays.map((weekday) => [weekday, spans.optional()])) as Record<
    Weekday,
    z.ZodOptional<typeof spans>
  >,
)
export type WorkingHours = z.output<typeof workingHoursSchema>

/** Whether a time is within working hours on the clocks of the place. */
export function isWorkingTime(
  { weekday, minuteOfDay }: Pick<LocalTime, 'weekday' | 'minuteOfDay'>,
  hours: WorkingHours,
): boolean {
  const dayBefore = weekdays[(weekdays.indexOf(weekday) + 6) % 7] ?? weekday
  const isInOwn = spansOf(hours, weekday).some(
    ({ start, end }) => minuteOfDay >= start && (end <= start || minuteOfDay < end),
  )
  return isInOwn || spansOf(hours, dayBefore).some(({ start, end }) => end <= start && minuteOfDay < end)
}

function spansOf(hours: WorkingHours, weekday: Weekday): { start: number; end: number }[] {
  return (hours[weekday] ?? []).map(([start, end]) => ({ start: minutesOf(start), end: minutesOf(end) }))
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}

function offsetText(offsetMinutes: number): string {
  const minutes = Math.abs(offsetMinutes)
  const twoDigits = (value: number) => String(value).padStart(2, '0')
  return `${offsetMinutes < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`
}

/** A zone's own formatter. Creating one takes some 50 µs, so they are kept. */
interface ZoneClock {
  readonly timeZone: string
  readonly isKnown: boolean
  readonly format: Intl.DateTimeFormat
  /** The minute that the clock showed last. A call reads it several times, and each reading by `Intl` leaves much garbage. */
  shown: { readonly minuteStartMs: number; readonly time: LocalTime } | null
}

const clocks = new LRUCache<string, ZoneClock>({ max: limits.timeZonesKeptMax })

function clockOf(timeZone: string): ZoneClock {
  const kept = clocks.get(timeZone)
  if (kept !== undefined) return kept
  const format = formatOf(timeZone)
  const clock: ZoneClock =
    format === null
      ? { timeZone: 'UTC', isKnown: false, format: utcFormat, shown: null }
      : { timeZone, isKnown: true, format, shown: null }
  if (timeZone.length <= limits.timeZoneCharactersMax) clocks.set(timeZone, clock)
  return clock
}

/** Names only: engines accept offsets such as `+01:00` as zones too, and differ in which. */
const zoneName = /^[A-Za-z][A-Za-z\d_+/-]*$/

function formatOf(timeZone: string): Intl.DateTimeFormat | null {
  if (timeZone.length > limits.timeZoneCharactersMax || !zoneName.test(timeZone)) return null
  try {
    return createFormat(timeZone)
  } catch {
    return null
  }
}

function createFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, calendar: 'iso8601', numberingSystem: 'latn', hourCycle: 'h23' },
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  })
}

const utcFormat = createFormat('UTC')
