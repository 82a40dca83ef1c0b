import type { Explanation } from '../../../../shared/resources/explanation.ts'
import { formatMs, formatSeconds, unknown } from '../parts/format.ts'
import { SourceTag } from '../parts/source.tsx'
import { Version } from '../parts/version.tsx'
import { type Lane, lanesOf } from './lanes.ts'
import { meaningOf } from './tag-words.ts'

/** All tiers side by side, from near to far: the time of each on one axis, its entry, and the tags that made that outdated. */
export function Waterfall({ explanation }: { explanation: Explanation }) {
  const { lanes, axisMs } = lanesOf(explanation)
  const base = explanation.view?.floor ?? null
  return (
    <>
      <h3>All tiers, from near to far</h3>
      <p className="quiet small">
        Full bars are the time that the answer waited for, one after the other up to {formatMs(axisMs)}.
        Outlined bars are tiers that it did without; they were read for this explanation.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reached by the keyboard */}
      <section className="waterfall-place" tabIndex={0} aria-label="All tiers">
        <table className="grid-table waterfall">
          <thead>
            <tr>
              {['Tier', 'Verdict', 'Time'].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
              {['Stamp', 'Age', 'Proved', 'Left'].map((title) => (
                <th key={title} scope="col" className="number">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          {lanes.map((lane) => (
            <LaneRows key={lane.name} lane={lane} axisMs={axisMs} base={base} />
          ))}
        </table>
      </section>
    </>
  )
}

interface LaneProps {
  readonly lane: Lane
  readonly axisMs: number
  /** The version that the ledger began with; null if it is not known. */
  readonly base: number | null
}

function LaneRows({ lane, axisMs, base }: LaneProps) {
  const { source, word, tone, isAside, startMs, durationMs, held } = lane
  const share = (ms: number) => `${(ms / axisMs) * 100}%`
  const isNotAsked = source === 'database' && isAside
  return (
    <tbody className={isAside ? 'lane is-aside' : 'lane'} data-tier={lane.name}>
      <tr>
        <th scope="row">
          <SourceTag source={source} />
        </th>
        <td>
          <span className={`state state-${tone}`}>{word}</span>
          {isAside && !isNotAsked && <span className="quiet small"> not needed</span>}
        </td>
        <td className="lane-time">
          <span className="lane-place">
            <span className="lane-axis" aria-hidden="true">
              {!isNotAsked && (
                <span
                  className={`lane-bar swatch-source-${source}`}
                  style={{ insetInlineStart: share(startMs), inlineSize: share(durationMs) }}
                />
              )}
            </span>
            <span className="number">{isNotAsked ? unknown : formatMs(durationMs)}</span>
          </span>
        </td>
        <HeldCells held={held} base={base} />
      </tr>
      {held !== null && (held.outdated_by.length > 0 || !held.is_of_ledger) && (
        <tr className="lane-guilt">
          <td colSpan={7}>
            <Guilt held={held} base={base} />
          </td>
        </tr>
      )}
    </tbody>
  )
}

type Held = NonNullable<Lane['held']>

function HeldCells({ held, base }: { held: Held | null; base: number | null }) {
  if (held === null) {
    return (
      <td className="number quiet" colSpan={4}>
        no entry
      </td>
    )
  }
  const { stamp, age_ms, proved_age_ms, left_ms, outdated_by, is_of_ledger } = held
  const isMoved = outdated_by.length > 0 || !is_of_ledger
  return (
    <>
      <td className="number">
        <Version version={stamp.version} base={base} />
      </td>
      <td className="number">{formatMs(age_ms)}</td>
      <td className="number">{isMoved ? unknown : `${formatMs(proved_age_ms)} ago`}</td>
      <td className={isMoved || left_ms <= 0 ? 'number bad' : 'number'}>
        {isMoved ? 'outdated' : left_ms <= 0 ? 'over' : formatSeconds(Math.ceil(left_ms / 1_000))}
      </td>
    </>
  )
}

/** The tags that made an entry outdated: the guilty ones, which the word says as the colour does. */
function Guilt({ held: { outdated_by, is_of_ledger }, base }: { held: Held; base: number | null }) {
  if (!is_of_ledger) return <>It is of another ledger, so its version cannot be compared.</>
  return (
    <ul className="guilty">
      {outdated_by.map(({ tag, version }) => (
        <li key={tag} className="bad">
          Outdated by <code>{tag}</code> {meaningOf(tag)}, moved at version{' '}
          <Version version={version} base={base} />
        </li>
      ))}
    </ul>
  )
}
