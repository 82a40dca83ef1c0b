const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** The obsolete zones with a meaning (RFC 5322 section 4.3), in hours from UTC. */
const zoneHours: Readonly<Record<string, number>> = {
  ...{ ut: 0, gmt: 0, utc: 0, z: 0, est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7 },
}

const mailForm =
  /^(?:[a-z]{3,9},? )?(\d{1,2})[ -]([a-z]{3,9})[ -](\d{2,4}),? (\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?: ([+-]\d{4}|[a-z]{1,5}))?$/i
/** As `asctime` writes it, and old programs of mail do. */
const ctimeForm =
  /^[a-z]{3} ([a-z]{3}) (\d{1,2}) (\d{1,2}):(\d\d):(\d\d)(?: ([+-]\d{4}|[a-z]{1,5}))? (\d{4})$/i
const isoForm =
  /^(\d{4})-(\d\d)-(\d\d)[t ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,20})?)?(?: ?(z|[+-]\d\d:?\d\d|[+-]\d\d))?$/i

const firstMs = Date.UTC(1970, 0, 1)
const endMs = Date.UTC(10_000, 0, 1)

/**
 * The second at which a message says that it was sent, after RFC 5322 section 3.3 with its obsolete forms or RFC 3339; null if there is
 * none in the text. `Date.parse` reads a time without a zone in that of the machine, so that two machines would see two messages. Such
 * a time is read as UTC.
 */
export function parseMailDate(text: string): string | null {
  if (text.length > textCharactersMax) return null
  const date = withoutComments(text).replace(/\s+/g, ' ').trim()
  const atMs = mailDateMs(date) ?? ctimeDateMs(date) ?? isoDateMs(date)
  if (atMs === null || atMs < firstMs || atMs >= endMs) return null
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`
}

const textCharactersMax = 200

/** `(CET)`, with comments within comments. */
function withoutComments(text: string): string {
  let depth = 0
  let kept = ''
  for (const character of text) {
    if (character === '(') depth += 1
    else if (character === ')' && depth > 0) depth -= 1
    else if (depth === 0) kept += character
  }
  return kept
}

function mailDateMs(date: string): number | null {
  const [, day, month, year, hour, minute, second, zone] = mailForm.exec(date) ?? []
  if (day === undefined || month === undefined || year === undefined) return null
  return instantMs({ year: fullYear(year), month: monthOf(month), day, hour, minute, second, zone })
}

function ctimeDateMs(date: string): number | null {
  const [, month, day, hour, minute, second, zone, year] = ctimeForm.exec(date) ?? []
  if (day === undefined || month === undefined || year === undefined) return null
  return instantMs({ year: Number(year), month: monthOf(month), day, hour, minute, second, zone })
}

function isoDateMs(date: string): number | null {
  const [, year, month, day, hour, minute, second, zone] = isoForm.exec(date) ?? []
  if (day === undefined) return null
  return instantMs({ year: Number(year), month: Number(month) - 1, day, hour, minute, second, zone })
}

/** RFC 5322 section 4.3: two digits below 50 are years from 2000 on, and all others are counted from 1900. */
function fullYear(year: string): number {
  if (year.length === 4) return Number(year)
  return Number(year) + (year.length === 2 && Number(year) < 50 ? 2_000 : 1_900)
}

function monthOf(name: string): number {
  return months.indexOf(name.slice(0, 3).toLowerCase())
}

interface ClockTime {
  readonly year: number
  readonly month: number
  readonly day: string
  readonly hour: string | undefined
  readonly minute: string | undefined
  readonly second: string | undefined
  readonly zone: string | undefined
}

function instantMs({ year, month, day, hour, minute, second, zone }: ClockTime): number | null {
  const inTheDay = Number(hour) < 24 && Number(minute) < 60 && Number(second ?? 0) <= 60
  const date = new Date(Date.UTC(year, month, Number(day)))
  if (year < 100 || date.getUTCMonth() !== month || date.getUTCDate() !== Number(day) || !inTheDay)
    return null
  // A leap second is the one before it, as on the clocks of most machines.
  const clock = (Number(hour) * 60 + Number(minute)) * 60 + Math.min(59, Number(second ?? 0))
  return date.getTime() + (clock - offsetMinutes(zone) * 60) * 1_000
}

/** Unknown names, military letters among them, say nothing (RFC 5322 section 4.3) and count as UTC. */
function offsetMinutes(zone = ''): number {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  if (sign === undefined) return (zoneHours[zone.toLowerCase()] ?? 0) * 60
  const offset = Number(hours) * 60 + Number(minutes)
  if (offset >= 24 * 60) return 0
  return sign === '-' ? -offset : offset
}
