import type { MailFigures } from '../../../../shared/contract/inbound-email-figures.ts'
import { formatCount, formatTime } from '../parts/format.ts'

type Hour = MailFigures['hours'][number]

const height = 90
const hoursShown = 24
const hourMs = 3_600_000
/** One hour in the drawing's own unit. */
const hourWidth = 20

/** The parts of a bar, from its bottom to its top. Together they are the messages that were received in the hour. */
const parts = [
  { name: 'new', title: 'new', of: (hour: Hour) => newOf(hour) },
  { name: 'duplicates', title: 'duplicates', of: ({ duplicates }: Hour) => duplicates },
  { name: 'limited', title: 'limited', of: ({ limited }: Hour) => limited },
] as const

function newOf({ received, duplicates, limited }: Hour): number {
  return Math.max(0, received - duplicates - limited)
}

/** The messages received in each of the last 24 hours as bars. A screen reader gets the same as a list. */
export function MailHours({ hours }: { hours: readonly Hour[] }) {
  const endMs = Math.floor(Date.now() / hourMs) * hourMs
  const slots = Array.from({ length: hoursShown }, (_, index) => {
    const fromMs = endMs - (hoursShown - 1 - index) * hourMs
    return { fromMs, hour: hours.find(({ from }) => Date.parse(from) === fromMs) ?? null }
  })
  const most = Math.max(0, ...hours.map(({ received }) => received))
  return (
    <figure className="mail-hours">
      <svg viewBox={`0 0 ${hoursShown * hourWidth} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {slots.map(({ fromMs, hour }, index) => (
          <Bar key={fromMs} hour={hour} x={index * hourWidth} most={Math.max(1, most)} />
        ))}
      </svg>
      <figcaption className="legend">
        {parts.map(({ name, title }) => (
          <span key={name}>
            <span className={`swatch mail-swatch-${name}`} aria-hidden="true" /> {title}
          </span>
        ))}
        <span className="quiet small">
          {formatTime(endMs - (hoursShown - 1) * hourMs)} to now, at most {formatCount(most)} an hour
        </span>
      </figcaption>
      <ul className="hidden">
        {hours.map((hour) => (
          <li key={hour.from}>
            {formatTime(Date.parse(hour.from))}: {hour.received} received, {newOf(hour)} new,{' '}
            {hour.duplicates} duplicates, {hour.limited} limited
          </li>
        ))}
      </ul>
    </figure>
  )
}

function Bar({ hour, x, most }: { hour: Hour | null; x: number; most: number }) {
  if (hour === null) return null
  let top = height
  return (
    <>
      {parts.map(({ name, of }) => {
        const size = (of(hour) / most) * height
        top -= size
        return (
          <rect
            key={name}
            className={`mail-bar-${name}`}
            x={x + 2}
            y={top}
            width={hourWidth - 4}
            height={size}
          />
        )
      })}
    </>
  )
}
