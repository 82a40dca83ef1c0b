import type { z } from 'zod'
import type { contactListAnswerSchema } from '../../../../shared/resources/contacts/contact-list.ts'
import type { Explanation } from '../../../../shared/resources/explanation.ts'
import { formatCount, formatMs, formatSeconds, unknown } from '../parts/format.ts'
import { SourceTag } from '../parts/source.tsx'

/** A page's answer without its contacts. */
export interface ExplainedAnswer {
  readonly path: string
  readonly durationMs: number
  readonly cache: z.output<typeof contactListAnswerSchema>['_cache']
  readonly contacts: number
  readonly total: number
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

/** What answered and why: the tiers in the order they were asked, the entry's stamp, the view it was judged by, its tags. */
export function Explained({ answer }: { answer: ExplainedAnswer }) {
  const { cache, path, contacts, total, durationMs, headers } = answer
  const { explanation } = cache
  return (
    <div role="status">
      <p className="verdict">
        <span className="status-word">{cache.status}</span>
        <SourceTag source={cache.source} />
        <span>
          {formatCount(contacts)} of {formatCount(total)} contacts, {formatSeconds(cache.age)} old, good for{' '}
          {formatSeconds(cache.ttl)}; {formatMs(cache.response_time_ms)} at {cache.edge_location},{' '}
          {formatMs(durationMs)} to this page
        </span>
      </p>
      <p>
        <code className="path">GET {path}</code>
      </p>
      {explanation !== undefined && <Facts explanation={explanation} />}
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
        <Fact title="Took to load" value={formatMs(entry.load_ms)} />
        <Fact
          title="View"
          value={
            view === null
              ? 'none'
              : `version ${view.version}, floor ${view.floor}, ${formatMs(view.age_ms)} old`
          }
        />
      </dl>
      <h3>Depends on</h3>
      <table className="grid-table">
        <thead>
          <tr>
            <th scope="col">Tag</th>
            <th scope="col" className="number">
              Moved at
            </th>
            <th scope="col">Against the stamp</th>
          </tr>
        </thead>
        <tbody>
          {tags.map(({ tag, version }) => (
            <tr key={tag}>
              <th scope="row">
                <code>{tag}</code>
              </th>
              <td className="number">{version === null ? unknown : formatCount(version)}</td>
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
