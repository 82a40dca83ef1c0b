import { unknown } from './format.ts'
import { pointsOf, type Standing, trendOf } from './trend.ts'

interface HeadProps {
  readonly title: string
  readonly value: string
  readonly unit?: string
  readonly note: string
  readonly isBad?: boolean
  /** The values of the last quarter of an hour, drawn as a line; null where nothing was measured. */
  readonly trend?: readonly (number | null)[]
  /** How the figure stands to the thresholds of its alerts. */
  readonly standing?: Standing | null
  /** Where the causes of the figure are shown. */
  readonly link?: { readonly href: string; readonly title: string }
}

const width = 100
const height = 20

/** A figure in large type, for the row at the top of a view. */
export function Head({ title, value, unit, note, isBad, trend, standing, link }: HeadProps) {
  const tone = isBad === true ? 'bad' : (standing?.tone ?? 'none')
  const valueTone = standing?.isOfAnother === true ? 'none' : tone
  return (
    <div className="panel head">
      <dt>{title}</dt>
      <dd className={`head-value head-${valueTone}`}>
        {value}
        {unit !== undefined && value !== unknown && <span className="head-unit">{unit}</span>}
      </dd>
      <dd className="head-note">{note}</dd>
      {trend !== undefined && (
        <dd className="head-trend">
          <svg viewBox={`0 -1 ${width} ${height + 2}`} preserveAspectRatio="none" aria-hidden="true">
            <polyline points={pointsOf(trend, width, height)} />
          </svg>
          <span className="hidden">{wordsOfTrend(trendOf(trend))}</span>
        </dd>
      )}
      {standing !== undefined && (
        <dd className={`head-note head-${tone}`}>
          {standing?.words.replace(/ (?=\S+$)/, '\u00a0') ?? '\u00a0'}
        </dd>
      )}
      {link !== undefined && (
        <dd className="head-note">
          <a href={link.href}>{link.title}</a>
        </dd>
      )}
    </div>
  )
}

function wordsOfTrend(trend: ReturnType<typeof trendOf>): string {
  return trend === null ? 'too little for a trend' : `${trend} over 15 minutes`
}
