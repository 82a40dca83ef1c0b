import type { Explanation } from '../../../../shared/resources/explanation.ts'
import { formatCount, formatMs, unknown } from '../parts/format.ts'
import { SourceTag } from '../parts/source.tsx'
import type { ServedAnswer } from '../resources/served-answer.ts'
import { meaningOf } from './tag-words.ts'

/** How an answer came about, without its contacts or counts. */
export interface ExplainedAnswer {
  readonly path: string
  /** As measured by the page, with the network. */
  readonly durationMs: number
  readonly served: ServedAnswer
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

/** Shows the tiers in the order they were read, the entry's stamp, the view that it was judged by, and its tags. */
export function Explained({ answer }: { answer: ExplainedAnswer }) {
  const { served, path, durationMs, headers } = answer
  const { status, source, total, absence, explanation } = served
  return (
    <div role="status">
      <p className="verdict">
        <span className="status-word">{status}</span>
        <SourceTag source={source} />
        <span>
          {total === null ? '' : `${formatCount(total)} in all, `}
          {formatMs(durationMs)} to this page
        </span>
      </p>
      {absence !== null && <p>{absence}</p>}
      <p>
        <code className="path">GET {path}</code>
      </p>
      {explanation !== null && <Facts explanation={explanation} />}
      <h3>Headers of the answer</h3>
      <dl className="facts">
        {headers.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

function Facts({ explanation: { asked, entry, view, tags } }: { explanation: Explanation }) {
  const longestMs = Math.max(...asked.map(({ duration_ms }) => duration_ms), 1)
  return (
    <>
      <h3>Looked up, in order</h3>
      <ol className="lookups">
        {asked.map(({ name, said, duration_ms }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same tier may be read twice
          <li key={index}>
            <span>{name.replaceAll('_', ' ')}</span>
            <span className={`state state-${toneOf(said)}`}>{said}</span>
            <span className="lookup-bar">
              <span style={{ inlineSize: `${(duration_ms / longestMs) * 100}%` }} />
            </span>
            <span className="number">{formatMs(duration_ms)}</span>
          </li>
        ))}
      </ol>
      <h3>Judged by</h3>
      <dl className="facts">
        <Fact
          title="Entry's stamp"
          value={`version ${entry.stamp.version} of ledger ${entry.stamp.ledger.slice(0, 8)}`}
        />
        <Fact title="Entry's age" value={formatMs(entry.age_ms)} />
        <Fact title="Proved current" value={`${formatMs(entry.proved_age_ms)} ago`} />
        <Fact title="Took to load" value={formatMs(entry.load_ms)} />
        <Fact
          title="View of the ledger"
          value={
            view === null
              ? 'none'
              : `version ${view.version}, ${formatMs(view.age_ms)} old; the ledger began at ${view.floor}`
          }
        />
      </dl>
      <h3>Depends on</h3>
      <p className="quiet small">
        The entry is outdated once one of its tags moves past its stamp. A bucket holds everything whose
        digest falls into it, so that no tag tells whose data it is about.
      </p>
      <table className="grid-table">
        <thead>
          <tr>
            <th scope="col">Tag</th>
            <th scope="col" className="number">
              Moved at version
            </th>
            <th scope="col">Against the stamp</th>
          </tr>
        </thead>
        <tbody>
          {tags.map(({ tag, version }) => (
            <tr key={tag}>
              <th scope="row">
                <code>{tag}</code>
                <span className="quiet small tag-meaning">{meaningOf(tag)}</span>
              </th>
              <td className="number">{version === null || version === 0 ? unknown : formatCount(version)}</td>
              <td>{judgement(version, entry.stamp.version)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

function Fact({ title, value }: { title: string; value: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function toneOf(said: string): string {
  if (said === 'fresh' || said === 'loaded' || said === 'ok') return 'good'
  if (said === 'outdated' || said === 'expired') return 'warn'
  return said === 'miss' ? 'quiet' : 'bad'
}

function judgement(version: number | null, stamp: number): string {
  if (version === null) return 'not known'
  if (version === 0) return 'never moved'
  return version > stamp ? 'moved past it: outdated' : 'not moved since'
}
