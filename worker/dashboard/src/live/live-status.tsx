import { useFigures } from './live-context.tsx'
import type { Figures } from './use-stream.ts'

const titles: Readonly<Record<Exclude<Figures['state'], 'refused'>, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  waiting: 'Reconnecting',
}

/**
 * Shows whether the figures are live, and how many alerts are firing, to operators. A screen reader announces changes only.
 */
export function LiveStatus() {
  const figures = useFigures()
  if (figures === null || figures.state === 'refused') return null
  const firing = figures.snapshot?.alerts.filter(({ state }) => state === 'firing').length ?? 0
  return (
    <span className="live-status" role="status">
      <span className={`dot dot-${figures.state}`} aria-hidden="true" />
      <span className="live-status-text">{titles[figures.state]}</span>
      {firing > 0 && (
        <a className="badge badge-bad" href="#/live">
          {firing} {firing === 1 ? 'alert' : 'alerts'}
        </a>
      )}
    </span>
  )
}
