import type { Board } from '../api/directory.ts'
import { formatCount, formatMs } from '../parts/format.ts'
import { SourceTag } from '../parts/source.tsx'
import { type Page, type PageRef, pageKey } from './use-pages.ts'

interface PagesInViewProps {
  readonly refs: readonly PageRef[]
  readonly pages: ReadonlyMap<string, Page>
  readonly boards: readonly Board[]
}

/** Where each page in view came from, according to its answer. */
export function PagesInView({ refs, pages, boards }: PagesInViewProps) {
  return (
    <ul className="pages" aria-label="Where the pages in view came from">
      {refs.map((ref) => {
        const page = pages.get(pageKey(ref))
        const board =
          boards.length > 1 ? `${boards.find(({ id }) => id === ref.boardId)?.name ?? ref.boardId} ` : ''
        return (
          <li key={pageKey(ref)} data-page={ref.page} data-source={page?._cache.source}>
            <span>
              {board}page {formatCount(ref.page)}
            </span>
            {page === undefined ? (
              <span className="quiet">on its way</span>
            ) : (
              <>
                <span className="status-word">{page._cache.status}</span>
                <SourceTag source={page._cache.source} />
                <span className="quiet number">{formatMs(page.durationMs)}</span>
              </>
            )}
          </li>
        )
      })}
    </ul>
  )
}
