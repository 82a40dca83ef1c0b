import type { ReactNode } from 'react'
import type { Explanation } from '../../../../shared/resources/explanation.ts'
import { formatCount, formatMs, unknown } from '../parts/format.ts'
import { SourceTag } from '../parts/source.tsx'
import { Version } from '../parts/version.tsx'
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
  const { asked, entry, view, tags } = explanation
  const base = view?.floor ?? null
  return (
    <>
      <Lookups asked={asked} base={base} />
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

interface LookupsProps {
  readonly asked: Explanation['asked']
  /** The version that the ledger began with; null if it is not known. */
  readonly base: number | null
}

/** The tiers in the order of their calls, and which tags made the entry of one outdated. */
function Lookups({ asked, base }: LookupsProps) {
  const longestMs = Math.max(...asked.map(({ duration_ms }) => duration_ms), 1)
  return (
    <>
      <h3>Looked up, in order</h3>
      <ol className="lookups">
        {asked.map(({ name, said, duration_ms, held }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same tier may be read twice
          <li key={index}>
            <span>{name.replaceAll('_', ' ')}</span>
            <span className={`state state-${toneOf(said)}`}>{said}</span>
            <span className="lookup-bar">
              <span style={{ inlineSize: `${(duration_ms / longestMs) * 100}%` }} />
            </span>
            <span className="number">{formatMs(duration_ms)}</span>
            {held !== undefined && <HeldEntry held={held} said={said} base={base} />}
          </li>
        ))}
      </ol>
    </>
  )
}

interface HeldEntryProps {
  readonly held: NonNullable<Explanation['asked'][number]['held']>
  readonly said: string
  readonly base: number | null
}

/** The entry that a tier had, and why it could not answer. */
function HeldEntry({ held: { stamp, age_ms, outdated_by, is_of_ledger }, said, base }: HeldEntryProps) {
  return (
    <div className="held small">
      <span className="quiet">
        An entry of version <Version version={stamp.version} base={base} />, {formatMs(age_ms)} old.
      </span>{' '}
      {!is_of_ledger && 'It is of another ledger, so its version cannot be compared.'}
      {said === 'expired' && 'Its lifetime was over.'}
      {outdated_by.length > 0 && (
        <>
          <span className="bad">Outdated by</span>
          <ul>
            {outdated_by.map(({ tag, version }) => (
              <li key={tag} className="bad">
                <code>{tag}</code> {meaningOf(tag)}, moved at version{' '}
                <Version version={version} base={base} />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
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

/** The seconds that are left of the entry's lifetime, from `Cache-Status` (RFC 9211 section 2.5); null if they are over, or unknown. */
function secondsLeft(headers: ExplainedAnswer['headers']): number | null {
  const status = headers.find(({ name }) => name === 'Cache-Status')?.value ?? ''
  const seconds = Number(/; ttl=(\d+)/.exec(status)?.[1] ?? Number.NaN)
  return Number.isNaN(seconds) ? null : seconds
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
