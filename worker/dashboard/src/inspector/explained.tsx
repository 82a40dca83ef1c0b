import type { ReactNode } from 'react'
import type { Explanation } from '../../../../shared/resources/explanation.ts'
import { formatCount, formatMs, unknown } from '../parts/format.ts'
import { SourceTag } from '../parts/source.tsx'
import { Version } from '../parts/version.tsx'
import type { ServedAnswer } from '../resources/served-answer.ts'
import { meaningOf } from './tag-words.ts'
import { Waterfall } from './waterfall.tsx'
import { whyOf } from './why.ts'

/** How an answer came about, without its contacts or counts. */
export interface ExplainedAnswer {
  readonly path: string
  /** As measured by the page, with the network. */
  readonly durationMs: number
  readonly served: ServedAnswer
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

/** Says why the answer is this one, and shows all tiers side by side, the entry's stamp, the view that it was judged by, and its tags. */
export function Explained({ answer }: { answer: ExplainedAnswer }) {
  const { served, path, durationMs, headers } = answer
  const { status, source, total, absence, explanation } = served
  const goodForSeconds = secondsLeft(headers)
  return (
    <div role="status">
      <p className="verdict">
        <span className="status-word">{status}</span>
        <SourceTag source={source} />
        <span>
          {total === null ? '' : `${formatCount(total)} in all, `}
          {formatMs(durationMs)} to this page
          {goodForSeconds !== null && `, good for ${formatCount(goodForSeconds)} s more`}
        </span>
      </p>
      {explanation !== null && (
        <p className="why">{whyOf({ status, source, explanation }, detailIn(headers))}</p>
      )}
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

function Facts({ explanation }: { explanation: Explanation }) {
  const { entry, view, tags } = explanation
  const base = view?.floor ?? null
  return (
    <>
      <Waterfall explanation={explanation} />
      <h3>Judged by</h3>
      <dl className="facts">
        <Fact title="Entry's stamp">
          version <Version version={entry.stamp.version} base={base} /> of ledger{' '}
          {entry.stamp.ledger.slice(0, 8)}
        </Fact>
        <Fact title="Entry's age">{formatMs(entry.age_ms)}</Fact>
        <Fact title="Proved current">{formatMs(entry.proved_age_ms)} ago</Fact>
        <Fact title="Took to load">{formatMs(entry.load_ms)}</Fact>
        <Fact title="View of the ledger">
          {view === null ? (
            'none'
          ) : (
            <>
              version <Version version={view.version} base={base} />, {formatMs(view.age_ms)} old
            </>
          )}
        </Fact>
      </dl>
      <h3>Depends on</h3>
      <p className="quiet small">
        The entry is outdated once one of its tags moves past its stamp. A bucket holds everything whose
        digest falls into it, so that no tag tells whose data it is about. Versions count from the beginning
        of the ledger.
      </p>
      <Tags tags={tags} stamp={entry.stamp.version} base={base} />
    </>
  )
}

interface TagsProps {
  readonly tags: Explanation['tags']
  readonly stamp: number
  readonly base: number | null
}

function Tags({ tags, stamp, base }: TagsProps) {
  return (
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
            <td className="number">
              {version === null || version === 0 ? unknown : <Version version={version} base={base} />}
            </td>
            <td className={version !== null && version > stamp ? 'bad' : undefined}>
              {judgement(version, stamp)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  )
}

const cacheStatusIn = (headers: ExplainedAnswer['headers']) =>
  headers.find(({ name }) => name === 'Cache-Status')?.value ?? ''

/** The seconds that are left of the entry's lifetime, from `Cache-Status` (RFC 9211 section 2.5); null if they are over, or unknown. */
function secondsLeft(headers: ExplainedAnswer['headers']): number | null {
  const seconds = Number(/; ttl=(\d+)/.exec(cacheStatusIn(headers))?.[1] ?? Number.NaN)
  return Number.isNaN(seconds) ? null : seconds
}

/** The detail of `Cache-Status` (RFC 9211 section 2.8). */
function detailIn(headers: ExplainedAnswer['headers']): string {
  return /; detail=([\w-]+)/.exec(cacheStatusIn(headers))?.[1] ?? ''
}

function judgement(version: number | null, stamp: number): string {
  if (version === null) return 'not known'
  if (version === 0) return 'never moved'
  return version > stamp ? 'moved past it: outdated' : 'not moved since'
}
