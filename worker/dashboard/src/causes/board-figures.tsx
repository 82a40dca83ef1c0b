import { type FormEvent, useEffect, useRef } from 'react'
import type { Hottest } from '../../../../shared/contract/figures.ts'
import { formatCount, formatMs, formatPercent, formatThings } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { Waiting } from '../parts/panel.tsx'
import { usePlace } from '../place.ts'
import { titleOf } from '../resources/resource-question.ts'
import { useChoices } from '../routing.ts'
import { formatBetween } from './cause-rows.ts'
import { shownHours, Unlisted, wordsOfHours } from './hot-keys.tsx'
import { ResourceLink } from './resource-link.tsx'
import { Scrolled } from './scrolled.tsx'
import { useBoardReport, useHottest } from './use-causes.ts'

/** A board of the operator's choice: typed, or chosen from the most read ones. The address has it. */
export function BoardFigures({ hours }: { hours: number }) {
  const { workspace } = usePlace()
  const { query } = useChoices()
  const of = query.get('of') ?? workspace.id
  const boardId = query.get('board') ?? ''
  const hottest = useHottest(shownHours(hours))
  return (
    <>
      <BoardChoice of={of} boardId={boardId} />
      {boardId !== '' && <OneBoard workspaceId={of} boardId={boardId} hours={hours} />}
      <h3>Most read boards, {wordsOfHours(hours)}</h3>
      {hottest.isError && hottest.data === undefined && <FailureNotice error={hottest.error} />}
      {hottest.isPending && <Waiting what="the boards" />}
      {hottest.data !== undefined && <Boards boards={hottest.data.boards} />}
    </>
  )
}

function BoardChoice({ of, boardId }: { of: string; boardId: string }) {
  const { workspace } = usePlace()
  const { choose } = useChoices()
  const workspaceField = useRef<HTMLInputElement>(null)
  const boardField = useRef<HTMLInputElement>(null)
  // The fields keep the focus when another address comes, so they are not made again for it.
  useEffect(() => {
    if (workspaceField.current !== null) workspaceField.current.value = of
    if (boardField.current !== null) boardField.current.value = boardId
  }, [of, boardId])
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const typed = (name: string) => String(form.get(name) ?? '').trim()
    choose({ of: typed('of') === workspace.id ? null : typed('of'), board: typed('board') || null })
  }
  return (
    <form className="row row-end causes-board" onSubmit={submit}>
      <label className="field">
        <span>Workspace</span>
        <input ref={workspaceField} name="of" defaultValue={of} maxLength={64} required />
      </label>
      <label className="field">
        <span>Board</span>
        <input ref={boardField} name="board" defaultValue={boardId} maxLength={128} required />
      </label>
      <button type="submit">Show</button>
    </form>
  )
}

function Boards({ boards: { rows, unlisted_max } }: Pick<Hottest, 'boards'>) {
  return (
    <>
      <Scrolled label="The most read boards">
        <table className="grid-table causes-table">
          <caption className="hidden">The most read boards</caption>
          <thead>
            <tr>
              <th scope="col">Board</th>
              <th scope="col">Workspace</th>
              {['Reads', 'Misses', 'Hit rate', 'Mean'].map((title) => (
                <th key={title} scope="col" className="number">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.workspace_id} ${row.board_id}`}>
                <th scope="row">
                  <a href={addressOf(row)}>{row.board_id}</a>
                  <span className="small causes-detail">
                    <ResourceLink
                      resource="contact-list"
                      question={{ params: { boardId: row.board_id }, hidden: [] }}
                      workspaceId={row.workspace_id}
                    />
                  </span>
                </th>
                <td>{row.workspace_id}</td>
                <td className="number">{formatBetween(row.reads, row.reads_max)}</td>
                <td className="number">{formatCount(row.misses)}</td>
                <td className="number">{formatPercent(row.hit_rate)}</td>
                <td className="number">{formatMs(row.avg_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
      <Unlisted most={unlisted_max} of="board" counted="read" />
    </>
  )
}

function addressOf({ workspace_id, board_id }: Hottest['boards']['rows'][number]): string {
  return `#/causes?${new URLSearchParams({ by: 'board', of: workspace_id, board: board_id })}`
}

function OneBoard({ workspaceId, boardId, hours }: { workspaceId: string; boardId: string; hours: number }) {
  const report = useBoardReport(workspaceId, boardId, shownHours(hours))
  if (report.data === undefined) {
    return report.isError ? <FailureNotice error={report.error} /> : <Waiting what="the board" />
  }
  const { board, unlisted_max, resources } = report.data
  if (board === null) {
    return (
      <p role="status">
        {unlisted_max === 0
          ? `Board ${boardId} was not read, ${wordsOfHours(hours)}.`
          : `Board ${boardId} is none of the most read ones: it has at most ${formatThings(unlisted_max, 'read')}, ${wordsOfHours(hours)}.`}
      </p>
    )
  }
  const facts = [
    ['Hit rate', formatPercent(board.hit_rate)],
    ['Reads', formatBetween(board.reads, board.reads_max)],
    ['Misses', formatCount(board.misses)],
    ['5xx', formatCount(board.errors)],
    ['Mean', formatMs(board.avg_ms)],
    ...resources.map((each) => [titleOf(each.resource), formatThings(each.reads, 'read')] as const),
  ] as const
  return <Facts label={`Board ${boardId}`} facts={facts} />
}

/** Figures with their names, in a row. */
export function Facts({
  label,
  facts,
}: {
  label: string
  facts: readonly (readonly [title: string, value: string])[]
}) {
  return (
    <dl className="causes-facts" aria-label={label}>
      {facts.map(([title, value]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
