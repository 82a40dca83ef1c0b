import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { limits } from '../../shared/limits.ts'
import {
  isTimeZone,
  isWorkingTime,
  localTime,
  partOfDay,
  type WorkingHours,
  workingHoursSchema,
} from '../../shared/local-time.ts'

const zones = Intl.supportedValuesOf('timeZone')
const anyZone = fc.constantFrom(...zones)
/** From 1973 on, since when no zone differs from UTC by parts of a minute, to 2150. */
const anyInstant = fc.integer({ min: Date.UTC(1973, 0, 1), max: Date.UTC(2150, 0, 1) })
/** Instants near the changes of clocks, which are at full hours or half hours of UTC. */
const nearChange = fc
  .tuple(fc.integer({ min: 0, max: 2 * 24 * 400 }), fc.integer({ min: -90_000, max: 90_000 }))
  .map(([halfHours, differenceMs]) => Date.UTC(2026, 0, 1) + halfHours * 1_800_000 + differenceMs)

const at = (iso: string, zone: string) => localTime(Date.parse(iso), zone)

describe('the local time of a zone', () => {
  it('names the minute of its instant, in every zone and at every change of its clocks', () => {
    fc.assert(
      fc.property(fc.oneof(anyInstant, nearChange), anyZone, (atMs, zone) => {
        const { iso, timeZone } = localTime(atMs, zone)
        expect(timeZone).toBe(zone)
        expect(iso).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00[+-]\d\d:\d\d$/)
        expect(Date.parse(iso)).toBe(Math.floor(atMs / 60_000) * 60_000)
      }),
      { numRuns: 600 },
    )
  })

  it('has the offset that the zone itself says, and the weekday and the minute of its own text', () => {
    fc.assert(
      fc.property(fc.oneof(anyInstant, nearChange), anyZone, (atMs, zone) => {
        const { iso, weekday, minuteOfDay } = localTime(atMs, zone)
        const parts = new Intl.DateTimeFormat('en-US', {
          timeZone: zone,
          weekday: 'short',
          timeZoneName: 'longOffset',
        }).formatToParts(atMs)
        const said = (type: string) => parts.find((part) => part.type === type)?.value
        expect(iso.slice(19)).toBe(said('timeZoneName')?.slice(3) || '+00:00')
        expect(weekday).toBe(said('weekday')?.toLowerCase())
        expect(minuteOfDay).toBe(Number(iso.slice(11, 13)) * 60 + Number(iso.slice(14, 16)))
      }),
      { numRuns: 200 },
    )
  })

  test.each([
    ['before clocks go forward', '2026-03-29T00:59:59Z', 'Europe/Berlin', '2026-03-29T01:59:00+01:00'],
    ['after clocks go forward', '2026-03-29T01:00:00Z', 'Europe/Berlin', '2026-03-29T03:00:00+02:00'],
    [
      'the hour that comes twice, first',
      '2026-11-01T05:30:00Z',
      'America/New_York',
      '2026-11-01T01:30:00-04:00',
    ],
    [
      'the hour that comes twice, again',
      '2026-11-01T06:30:00Z',
      'America/New_York',
      '2026-11-01T01:30:00-05:00',
    ],
    ['a change by half an hour', '2026-04-04T15:00:00Z', 'Australia/Lord_Howe', '2026-04-05T01:30:00+10:30'],
    ['a quarter of an hour', '2026-11-26T12:00:00Z', 'Asia/Kathmandu', '2026-11-26T17:45:00+05:45'],
    ['a day that a zone left out', '2011-12-30T10:00:00Z', 'Pacific/Apia', '2011-12-31T00:00:00+14:00'],
    ['midnight', '2026-11-26T05:00:00Z', 'America/New_York', '2026-11-26T00:00:00-05:00'],
    ['UTC', '2026-11-26T23:59:59Z', 'UTC', '2026-11-26T23:59:00+00:00'],
  ])('is right for %s', (_case, instant, zone, local) => {
    expect(at(instant, zone).iso).toBe(local)
  })

  it('is that of UTC for every text that names no zone, however long, and never fails', () => {
    const names = new Set(zones.map((zone) => zone.toLowerCase()))
    const noZone = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.constantFrom(
        '',
        '+01:00',
        '-0530',
        '01:00',
        'Mars/Olympus',
        'Europe/Berlin ',
        '__proto__',
        'constructor',
      ),
      fc.constant('A'.repeat(limits.timeZoneCharactersMax + 1)),
    )
    fc.assert(
      fc.property(
        noZone.filter((name) => !names.has(name.toLowerCase())),
        anyInstant,
        (name, atMs) => {
          const isKnown = isTimeZone(name)
          // Engines know more names than they list, such as GMT and EST5EDT.
          fc.pre(!isKnown)
          expect(localTime(atMs, name)).toEqual(localTime(atMs, 'UTC'))
        },
      ),
      { numRuns: 500 },
    )
    for (const zone of zones) expect(isTimeZone(zone)).toBe(true)
  })
})

test('every minute of a day belongs to one part, and the parts come in their order', () => {
  const parts = Array.from({ length: 1_440 }, (_, minuteOfDay) => partOfDay({ minuteOfDay }))
  const changes = parts.flatMap((part, minute) =>
    minute === 0 || part !== parts[minute - 1] ? [[part, minute / 60]] : [],
  )
  expect(changes).toEqual([
    ['night', 0],
    ['morning', 5],
    ['afternoon', 12],
    ['evening', 18],
    ['night', 22],
  ])
})

describe('working hours', () => {
  const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
  const minute = fc.integer({ min: 0, max: 1_439 })
  const timeOf = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

  it('hold exactly for the minutes of their spans, also of those that end on the next day', () => {
    const week = fc.array(fc.tuple(fc.constantFrom(...days), minute, fc.integer({ min: 0, max: 1_440 })), {
      maxLength: limits.workingSpansPerDayMax,
    })
    fc.assert(
      fc.property(week, fc.integer({ min: 0, max: 7 * 1_440 - 1 }), (spans, minuteOfWeek) => {
        const hours = workingHoursSchema.parse(
          Object.fromEntries(
            days.map((day) => [
              day,
              spans.filter(([on]) => on === day).map(([, start, end]) => [timeOf(start), timeOf(end)]),
            ]),
          ),
        )
        const isWorking = spans.some(([day, start, end]) => {
          const from = days.indexOf(day) * 1_440 + start
          const lastsMinutes = end > start ? end - start : end + 1_440 - start
          return (minuteOfWeek - from + 7 * 1_440) % (7 * 1_440) < lastsMinutes
        })
        const weekday = days[Math.floor(minuteOfWeek / 1_440)] ?? 'sun'
        expect(isWorkingTime({ weekday, minuteOfDay: minuteOfWeek % 1_440 }, hours)).toBe(isWorking)
      }),
      { numRuns: 600 },
    )
  })

  it('go by the clocks of the zone, on the days on which they change too', () => {
    const hours: WorkingHours = { mon: [['09:00', '17:00']], sun: [['02:00', '04:00']] }
    const isWorking = (instant: string, zone: string) => isWorkingTime(at(instant, zone), hours)
    // The same Monday morning: nine in Berlin is three in New York.
    expect(isWorking('2026-11-30T08:00:00Z', 'Europe/Berlin')).toBe(true)
    expect(isWorking('2026-11-30T08:00:00Z', 'America/New_York')).toBe(false)
    expect(isWorking('2026-11-30T07:59:59Z', 'Europe/Berlin')).toBe(false)
    expect(isWorking('2026-11-30T16:00:00Z', 'Europe/Berlin')).toBe(false)
    // Clocks skip from 2:00 to 3:00, so the span begins with its second hour.
    expect(isWorking('2026-03-29T00:59:00Z', 'Europe/Berlin')).toBe(false)
    expect(isWorking('2026-03-29T01:00:00Z', 'Europe/Berlin')).toBe(true)
  })

  it.each([
    { funday: [] },
    { mon: [['9:00', '17:00']] },
    { mon: [['24:00', '24:00']] },
    { mon: [['09:60', '17:00']] },
    { mon: [['09:00']] },
    { mon: '09:00-17:00' },
    { mon: Array.from({ length: limits.workingSpansPerDayMax + 1 }, () => ['09:00', '17:00']) },
    [],
  ])('are refused in the form %j', (hours) => {
    expect(workingHoursSchema.safeParse(hours).success).toBe(false)
  })
})
