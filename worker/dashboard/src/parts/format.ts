const whole = new Intl.NumberFormat('en')
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const dayTime = new Intl.DateTimeFormat('en-GB', {
  ...{ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
})
const day = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', year: 'numeric' })

/** Shown in place of a figure that is not known. */
export const unknown = '–'

export function formatCount(count: number | null): string {
  return count === null ? unknown : whole.format(count)
}

/** A number of things, with the word for one of them or for several: `1 contact`, `60,001 contacts`. */
export function formatThings(count: number, one: string, several = `${one}s`): string {
  return `${whole.format(count)} ${count === 1 ? one : several}`
}

export function formatCompact(count: number | null): string {
  return count === null ? unknown : compact.format(count)
}

export function formatPercent(rate: number | null): string {
  return rate === null ? unknown : `${(rate * 100).toFixed(1)} %`
}

/** A size, in the unit that fits. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return unknown
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const
  const power = bytes < 1_000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${trimmed(bytes / 1_000 ** power, 1)} ${units[power]}`
}

/** A duration, in the unit that fits. */
export function formatMs(durationMs: number | null): string {
  if (durationMs === null) return unknown
  if (durationMs < 10) return `${trimmed(durationMs, 1)} ms`
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`
  return formatSeconds(durationMs / 1_000)
}

export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return unknown
  if (seconds < 60) return `${trimmed(seconds, 1)} s`
  if (seconds < 3_600) return `${trimmed(seconds / 60, 1)} min`
  return `${trimmed(seconds / 3_600, 1)} h`
}

/** A lifetime as it is set, without rounding: `4 min`, `61 s`. */
export function formatLifetime(seconds: number): string {
  if (seconds >= 3_600 && seconds % 3_600 === 0) return `${seconds / 3_600} h`
  return seconds >= 60 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`
}

export function formatPerSecond(rate: number | null): string {
  if (rate === null) return unknown
  return rate < 10 ? trimmed(rate, 1) : whole.format(Math.round(rate))
}

export function formatClock(instant: string | number | null): string {
  return instant === null ? unknown : clock.format(new Date(instant))
}

/** Hours and minutes. */
export function formatTime(atMs: number): string {
  return time.format(atMs)
}

/** The day of a month: `27 Nov`. */
export function formatDate(atMs: number): string {
  return date.format(atMs)
}

/** The day with hours and minutes: `27 Nov, 14:00`. */
export function formatDayTime(atMs: number): string {
  return dayTime.format(atMs)
}

export function formatDay(instant: string | null): string {
  return instant === null ? unknown : day.format(new Date(instant))
}

/** A time of day, after its day if that is another one than today. */
export function formatDayIfPast(atMs: number, timeOfDay: string, nowMs = Date.now()): string {
  const of = day.format(atMs)
  return of === day.format(nowMs) ? timeOfDay : `${of}, ${timeOfDay}`
}

const endDigits = 4

/** A version as its distance from another one, `+5`, or by its last digits, `…0123`. */
export function versionText(version: number, base: number | null): string {
  if (base !== null && version >= base) return `+${whole.format(version - base)}`
  const digits = String(version)
  return digits.length <= endDigits ? digits : `…${digits.slice(-endDigits)}`
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.0+$/, '')
}

/** A name within other text, where no element can isolate it, so that one written from right to left moves nothing around it (UAX #9). */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`
}
