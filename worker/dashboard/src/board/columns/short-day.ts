const dayOfYear = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' })
const monthOfYear = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric' })

/** A day where there is little room: `30 Jun` of this year, `Jun 2025` of another one. */
export function shortDay(day: Date, now: Date): string {
  return (day.getFullYear() === now.getFullYear() ? dayOfYear : monthOfYear).format(day)
}
