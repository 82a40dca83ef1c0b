import { useMemo } from 'react'
import { formatCount, formatMs } from '../parts/format.ts'
import { useChoices } from '../routing.ts'
import { matching, type RunResult } from './workspace-run.ts'

interface WorkspaceListProps {
  readonly workspaces: readonly { readonly id: string; readonly name: string }[]
  readonly chosen: ReadonlySet<string>
  readonly results: readonly RunResult[]
  readonly isLocked: boolean
  onChoose(chosen: ReadonlySet<string>): void
}

/** The workspaces that a text finds, to be chosen one by one or all at once, each with its result. */
export function WorkspaceList({ workspaces, chosen, results, isLocked, onChoose }: WorkspaceListProps) {
  const { query, choose: chooseInAddress } = useChoices()
  const text = query.get('search') ?? ''
  const find = (typed: string) => chooseInAddress({ search: typed || null }, { step: 'replace' })
  const found = matching(workspaces, text)
  const resultOf = useMemo(() => new Map(results.map((result) => [result.workspaceId, result])), [results])
  const chosenHere = found.filter(({ id }) => chosen.has(id)).length
  function choose(ids: readonly string[], isChosen: boolean) {
    const after = new Set(chosen)
    for (const id of ids) {
      if (isChosen) after.add(id)
      else after.delete(id)
    }
    onChoose(after)
  }
  return (
    <>
      <label className="field">
        <span>Find by name or id</span>
        <input type="search" value={text} onChange={({ target }) => find(target.value)} />
      </label>
      <label className="choose choose-all">
        <input
          type="checkbox"
          disabled={isLocked || found.length === 0}
          checked={found.length > 0 && chosenHere === found.length}
          ref={(box) => {
            if (box !== null) box.indeterminate = chosenHere > 0 && chosenHere < found.length
          }}
          onChange={({ target }) =>
            choose(
              found.map(({ id }) => id),
              target.checked,
            )
          }
        />
        <span>
          {text.trim() === '' ? 'All' : 'All found'}: {formatCount(found.length)}
        </span>
      </label>
      {found.length === 0 && <p className="empty">No workspace has that in its name or id.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reached by the keyboard */}
      <section className="choose-list" tabIndex={0} aria-label="Workspaces that were found">
        <ul>
          {found.map(({ id, name }) => (
            <li key={id}>
              <label className="choose">
                <input
                  type="checkbox"
                  disabled={isLocked}
                  checked={chosen.has(id)}
                  onChange={({ target }) => choose([id], target.checked)}
                />
                <span>
                  {name} <code>{id}</code>
                </span>
              </label>
              <Result result={resultOf.get(id)} />
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}

function Result({ result }: { result: RunResult | undefined }) {
  if (result === undefined) return null
  const { isOk, note, durationMs } = result
  return (
    <span className="choose-result small">
      <span className={`state state-${isOk ? 'good' : 'bad'}`}>{isOk ? 'done' : 'refused'}</span>
      <span className={isOk ? 'quiet' : 'bad'}>{note}</span>
      <span className="number">{formatMs(durationMs)}</span>
    </span>
  )
}
