import ICAL from 'ical.js'
import type { Meeting } from '../../shared/contract/inbound-email.ts'
import { mailboxOf } from '../../shared/inbound-email/mail-addresses.ts'
import { plainLine } from '../../shared/inbound-email/plain-line.ts'
import { limits } from '../../shared/limits.ts'
import { type MeetingTime, readMeetingTime } from './calendar-time.ts'

/** The methods of RFC 5546 by their meaning for a meeting. The others change nothing about it. */
const methods: Readonly<Record<string, Meeting['method']>> = {
  ...{ REQUEST: 'request', ADD: 'request', CANCEL: 'cancel', REPLY: 'reply', PUBLISH: 'publish' },
  COUNTER: 'counter',
}

/**
 * The meeting of a calendar part (RFC 5545): an invitation, an update, a cancellation or an answer, by its UID. `partMethod` is the method
 * that the part's content type names. Null if the part is broken or is about no meeting. Of a recurring meeting it is the first
 * event; the rules of the recurrence are not followed.
 */
export function readMeeting(text: string, partMethod: string | null): Meeting | null {
  const calendar = parsedCalendar(text)
  const events = calendar?.getAllSubcomponents('vevent') ?? []
  const event = events.find((each) => !each.hasProperty('recurrence-id')) ?? events[0]
  if (calendar === null || event === undefined) return null
  const uid = lineOf(event, 'uid')
  const written = (lineOf(calendar, 'method') || partMethod || 'PUBLISH').toUpperCase()
  const method = lineOf(event, 'status').toUpperCase() === 'CANCELLED' ? 'cancel' : methods[written]
  if (uid === '' || uid.length >= limits.meetingTextCharactersMax || method === undefined) return null
  return {
    uid,
    method,
    sequence: sequenceOf(event),
    ...textsOf(event),
    ...timesOf(event),
    ...peopleOf(event),
  }
}

function parsedCalendar(text: string): ICAL.Component | null {
  try {
    const parsed: unknown = ICAL.parse(text.replace(/^\ufeff/, ''))
    // A stream may have several calendars. The first is the message's.
    const first: unknown = Array.isArray(parsed) && Array.isArray(parsed[0]) ? parsed[0] : parsed
    if (!Array.isArray(first)) return null
    const component = new ICAL.Component(first)
    return component.name === 'vcalendar' ? component : null
  } catch {
    return null
  }
}

function textsOf(event: ICAL.Component): Pick<Meeting, 'summary' | 'location'> {
  const location = lineOf(event, 'location')
  return { summary: lineOf(event, 'summary'), location: location === '' ? null : location }
}

function timesOf(event: ICAL.Component): Pick<Meeting, 'startsAt' | 'endsAt' | 'isAllDay'> {
  const start = readMeetingTime(event, 'dtstart')
  const end = readMeetingTime(event, 'dtend') ?? endByDuration(event, start)
  const endMs = end === null || start === null || end.atMs < start.atMs ? null : end.atMs
  return {
    startsAt: instantOf(start?.atMs ?? null),
    endsAt: instantOf(endMs),
    isAllDay: start?.isDate ?? false,
  }
}

/** RFC 5545 section 3.6.1: without an end and a duration, a meeting on a date lasts a day and any other no time at all. */
function endByDuration(event: ICAL.Component, start: MeetingTime | null): MeetingTime | null {
  if (start === null || event.hasProperty('dtend')) return null
  const duration = firstValueOf(event, 'duration')
  const withoutOne = start.isDate ? 86_400 : 0
  const seconds = duration instanceof ICAL.Duration ? duration.toSeconds() : withoutOne
  return Math.abs(seconds) > secondsMax ? null : { ...start, atMs: start.atMs + 1_000 * seconds }
}

const secondsMax = 366 * 86_400

function peopleOf(event: ICAL.Component): Pick<Meeting, 'organizer' | 'attendees'> {
  const attendees = event
    .getAllProperties('attendee')
    .slice(0, 4 * limits.meetingAttendeesMax)
    .map((property) => addressOf(valueOfProperty(property)))
    .filter((address) => address !== null)
  return {
    organizer: addressOf(firstValueOf(event, 'organizer')),
    attendees: [...new Set(attendees)].slice(0, limits.meetingAttendeesMax),
  }
}

function addressOf(value: unknown): string | null {
  return typeof value === 'string' ? (mailboxOf('', value)?.email ?? null) : null
}

function sequenceOf(event: ICAL.Component): number {
  const sequence = Number(lineOf(event, 'sequence'))
  return Number.isInteger(sequence) ? Math.min(Math.max(0, sequence), 2_147_483_647) : 0
}

function instantOf(atMs: number | null): string | null {
  return atMs === null ? null : `${new Date(atMs).toISOString().slice(0, 19)}Z`
}

function lineOf(component: ICAL.Component, name: string): string {
  const value = firstValueOf(component, name)
  const isText = typeof value === 'string' || typeof value === 'number'
  return isText ? plainLine(String(value), limits.meetingTextCharactersMax) : ''
}

function firstValueOf(component: ICAL.Component, name: string): unknown {
  const property = component.getFirstProperty(name)
  return property === null ? null : valueOfProperty(property)
}

/** The library reads a value when it is asked for it, and throws if the value is not of its type. */
function valueOfProperty(property: ICAL.Property): unknown {
  try {
    return property.getFirstValue()
  } catch {
    return null
  }
}
