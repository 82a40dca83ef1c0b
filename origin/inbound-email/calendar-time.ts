import ICAL from 'ical.js'
import { isTimeZone, localTime } from '../../shared/local-time.ts'

/** A time of a meeting. That of a whole day is its midnight in UTC. */
export interface MeetingTime {
  readonly atMs: number
  readonly isDate: boolean
}

const firstMs = Date.UTC(1970, 0, 1)
/** A year before the last one that an instant may have, so that a duration still fits. */
const endMs = Date.UTC(9_998, 0, 1)

/**
 * The instant of `dtstart` or `dtend`. Null if it is broken, or if nobody can know its zone: a time without one means that of whoever
 * reads it (RFC 5545 section 3.3.5).
 */
export function readMeetingTime(event: ICAL.Component, name: 'dtstart' | 'dtend'): MeetingTime | null {
  const property = event.getFirstProperty(name)
  if (property === null) return null
  try {
    const time: unknown = property.getFirstValue()
    if (!(time instanceof ICAL.Time)) return null
    const atMs = time.isDate ? wallMs(time) : instantMs(time, zoneNameOf(property), event)
    const isKnown = atMs !== null && atMs >= firstMs && atMs < endMs
    return isKnown ? { atMs, isDate: time.isDate } : null
  } catch {
    return null
  }
}

function zoneNameOf(property: ICAL.Property): string | null {
  const name: unknown = property.getParameter('tzid')
  return typeof name === 'string' ? name : null
}

function instantMs(time: ICAL.Time, zoneName: string | null, event: ICAL.Component): number | null {
  if (time.zone === ICAL.Timezone.utcTimezone) return wallMs(time)
  if (zoneName === null) return null
  // Some programs put a path in front of the name of a zone.
  const name = /(?:^|\/)([A-Z][A-Za-z_]+\/[A-Za-z_/+-]+)$/.exec(zoneName)?.[1] ?? zoneName
  if (isTimeZone(name)) return instantInZone(wallMs(time), name)
  const zone = event.parent?.getAllSubcomponents('vtimezone').find((each) => zoneIdOf(each) === zoneName)
  return zone === undefined || !isHarmless(zone) ? null : time.toUnixTime() * 1_000
}

function wallMs({ year, month, day, hour, minute, second }: ICAL.Time): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.setUTCHours(hour, minute, second)
}

/** The offset at the wanted instant is that of a nearby one, unless the clocks are changed between the two: then the next round finds it. */
function instantInZone(wantedMs: number, zone: string): number {
  let atMs = wantedMs
  for (let round = 0; round < 2; round += 1) atMs = wantedMs - offsetMs(atMs, zone)
  return atMs
}

function offsetMs(atMs: number, zone: string): number {
  const minuteMs = Math.floor(atMs / 60_000) * 60_000
  return Date.parse(`${localTime(minuteMs, zone).iso.slice(0, 19)}Z`) - minuteMs
}

function zoneIdOf(zone: ICAL.Component): unknown {
  return zone.getFirstPropertyValue('tzid')
}

const observancesMax = 50

/**
 * Whether the rules of a described zone change its clocks at most a few times a year. The library follows the rules from their
 * beginning to the year of the meeting, so a rule for each second would keep it busy for hours.
 */
function isHarmless(zone: ICAL.Component): boolean {
  const observances = zone.getAllSubcomponents()
  return observances.length <= observancesMax && observances.every(isYearly)
}

function isYearly(observance: ICAL.Component): boolean {
  const rules = observance.getAllProperties('rrule').map((rule) => rule.toICALString().toUpperCase())
  const days = observance.getAllProperties('rdate')
  return rules.length <= 1 && days.length <= observancesMax && rules.every(isYearlyRule)
}

function isYearlyRule(rule: string): boolean {
  const isOfDays = /FREQ=YEARLY\b/.test(rule) && !/BY(?:SECOND|MINUTE|HOUR|YEARDAY|WEEKNO|SETPOS)=/.test(rule)
  return isOfDays && rule.length < 200
}
