import './inspector.css'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useId } from 'react'
import { contactListAnswerSchema } from '../../../../shared/resources/contacts/contact-list.ts'
import { filterOptions, listPath, orderOptions, sortOptions } from '../board/list-question.ts'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { useBoards, usePlace } from '../place.ts'
import { Explained, type ExplainedAnswer } from './explained.tsx'

const freshness = [
  { value: '', title: 'As usual' },
  { value: 'no-cache', title: 'Current now (no-cache)' },
  { value: 'only-if-cached', title: 'Cached (only-if-cached)' },
] as const

/** Asks for a page and shows how its answer came about. For admins, as the API has it. */
export function InspectorView() {
  const { workspace } = usePlace()
  const inspect = useInspect()
  return (
    <div className="inspector">
      <Panel title="Question">
        {workspace.role !== 'admin' && (
          <Notice tone="info">Only an admin of the workspace is told how an answer came about.</Notice>
        )}
        <QuestionForm isBusy={inspect.isPending} onAsk={inspect.mutate} />
      </Panel>
      <Panel title="Explanation">
        {inspect.isError && <FailureNotice error={inspect.error} />}
        {inspect.isIdle && (
          <p className="empty">
            Ask for a page to see which tiers were asked, what each said, and why this one answered.
          </p>
        )}
        {inspect.isPending && <p className="waiting">Waiting for the answer …</p>}
        {inspect.isSuccess && <Explained answer={inspect.data} />}
      </Panel>
    </div>
  )
}

interface Question {
  readonly path: string
  readonly cacheControl: string
}

function QuestionForm({ isBusy, onAsk }: { isBusy: boolean; onAsk: (question: Question) => void }) {
  const boards = useBoards()
  const listId = useId()
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const question = {
      filter: text('filter'),
      search: text('search'),
      columnId: text('column'),
      sortBy: text('sort'),
      sortOrder: text('order'),
    }
    const place = { page: text('page'), per_page: text('perPage') }
    onAsk({ path: listPath(text('board'), question, place), cacheControl: text('freshness') })
  }
  // Then the first of them stands in the field before anybody types there; without the list an id can be typed.
  if (boards.isPending) return <Waiting what="the boards" />
  return (
    <form className="question" onSubmit={submit}>
      <label className="field wide">
        <span>Board</span>
        <input name="board" list={listId} defaultValue={boards.data?.[0]?.id ?? ''} required />
      </label>
      <datalist id={listId}>
        {(boards.data ?? []).map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </datalist>
      <Menu label="Filter" name="filter" options={filterOptions} />
      <label className="field">
        <span>Search</span>
        <input name="search" type="search" />
      </label>
      <label className="field">
        <span>Column id</span>
        <input name="column" />
      </label>
      <Menu label="Sort by" name="sort" options={sortOptions} />
      <Menu label="Order" name="order" options={orderOptions} />
      <label className="field">
        <span>Page</span>
        <input name="page" inputMode="numeric" defaultValue="1" />
      </label>
      <label className="field">
        <span>Per page</span>
        <input name="perPage" inputMode="numeric" defaultValue="50" />
      </label>
      <Menu label="Freshness" name="freshness" options={freshness} />
      <button type="submit" className="primary" disabled={isBusy}>
        Explain
      </button>
    </form>
  )
}

interface MenuProps {
  readonly label: string
  readonly name: string
  readonly options: readonly { readonly value: string; readonly title: string }[]
}

function Menu({ label, name, options }: MenuProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <select name={name}>
        {options.map(({ value, title }) => (
          <option key={value} value={value}>
            {title}
          </option>
        ))}
      </select>
    </label>
  )
}

function useInspect() {
  const { api, workspace } = usePlace()
  return useMutation({
    mutationFn: async ({ path, cacheControl }: Question): Promise<ExplainedAnswer> => {
      const headers = { 'X-Explain': '1', ...(cacheControl === '' ? {} : { 'Cache-Control': cacheControl }) }
      const answer = await api.fetch(contactListAnswerSchema, { path, workspaceId: workspace.id, headers })
      const { data, durationMs } = answer
      return {
        path,
        durationMs,
        cache: data._cache,
        contacts: data.contacts.length,
        total: data.pagination.total,
        headers: ['Cache-Status', 'Age', 'ETag', 'Server-Timing', 'X-Request-ID'].flatMap((name) => {
          const value = answer.headers.get(name)
          return value === null ? [] : [{ name, value }]
        }),
      }
    },
  })
}
