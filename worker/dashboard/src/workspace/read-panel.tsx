import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { SourceName } from '../../../../shared/contract/tier-names.ts'
import { contactCountsAnswerSchema } from '../../../../shared/resources/contacts/contact-counts.ts'
import { contactListAnswerSchema } from '../../../../shared/resources/contacts/contact-list.ts'
import { Choice } from '../parts/choice.tsx'
import { formatClock, formatCount, formatMs } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { SourceTag } from '../parts/source.tsx'
import { useBoards, usePlace } from '../place.ts'

/** One read, and where it came from. */
interface Read {
  readonly id: number
  readonly what: string
  readonly source: SourceName
  readonly status: string
  readonly durationMs: number
  readonly found: number
  readonly at: string
}

const readsMax = 6
const readsKeptMax = 50
const countsChoice = { value: 'counts', title: 'Contact counts' }

/** Reads as a browser client does: what a changed setting or an invalidation has done shows here. */
export function ReadPanel() {
  const boards = useBoards()
  const [what, setWhat] = useState(countsChoice.value)
  const [reads, setReads] = useState<readonly Read[]>([])
  const options = [
    countsChoice,
    ...(boards.data ?? []).map(({ id, name }) => ({ value: id, title: `First page of ${name} (${id})` })),
  ]
  const title = options.find(({ value }) => value === what)?.title ?? what
  const read = useRead()
  return (
    <Panel title="Try a read">
      <div className="row row-end">
        <Choice label="What" value={what} options={options} onChange={setWhat} />
        <button
          type="button"
          className="primary"
          disabled={read.isPending}
          onClick={() =>
            read.mutate(what, {
              onSuccess: (told) =>
                setReads((before) =>
                  [{ ...told, what: title, id: (before[0]?.id ?? 0) + 1 }, ...before].slice(0, readsKeptMax),
                ),
            })
          }
        >
          Read
        </button>
      </div>
      {read.isError && <FailureNotice error={read.error} />}
      {reads.length === 0 && <p className="empty">Nothing read yet.</p>}
      <ol className="reads" aria-live="polite" data-reads={reads[0]?.id ?? 0}>
        {reads.slice(0, readsMax).map((each) => (
          <li key={each.id}>
            <time className="quiet">{each.at}</time>
            <span>{each.what}</span>
            <span className="status-word">{each.status}</span>
            <SourceTag source={each.source} />
            <span className="number">{formatMs(each.durationMs)}</span>
            <span className="number quiet">{formatCount(each.found)}</span>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

function useRead() {
  const { api, workspace } = usePlace()
  return useMutation({
    mutationFn: async (what: string): Promise<Omit<Read, 'id' | 'what'>> => {
      const at = formatClock(Date.now())
      if (what === countsChoice.value) {
        const path = `/api/cache-settings/workspace/${encodeURIComponent(workspace.id)}/counts`
        const { data, durationMs } = await api.fetch(contactCountsAnswerSchema, { path })
        const status = data._cached ? 'HIT' : data._cacheEnabled ? 'MISS' : 'BYPASS'
        return { at, status, source: data._source, durationMs, found: data.total }
      }
      const path = `/api/boards/${encodeURIComponent(what)}/contacts`
      const { data, durationMs } = await api.fetch(contactListAnswerSchema, {
        path,
        workspaceId: workspace.id,
      })
      const { status, source } = data._cache
      return { at, status, source, durationMs, found: data.pagination.total }
    },
  })
}
