import { fields, type SortBy } from './contact-fields.ts'
import type { ListQuestion } from './list-question.ts'

interface GridHeadsProps {
  readonly question: ListQuestion
  /** With several boards the rows are sorted within each of them, so the column as a whole is not. */
  readonly isOneBoard: boolean
  onSort(question: ListQuestion): void
}

/** The headings of the columns, by which the list is sorted. */
export function GridHeads({ question, isOneBoard, onSort }: GridHeadsProps) {
  function sort(sortBy: SortBy) {
    const isSame = question.sortBy === sortBy
    const opposite = question.sortOrder === 'asc' ? 'desc' : 'asc'
    onSort({ ...question, sortBy, sortOrder: isSame ? opposite : sortBy === 'name' ? 'asc' : 'desc' })
  }
  return (
    <div className="grid-row grid-heads" role="row" aria-rowindex={1}>
      {fields.map(({ title, className, sortBy }, index) => {
        const isSorted = sortBy !== undefined && question.sortBy === sortBy
        const direction = question.sortOrder === 'asc' ? 'ascending' : 'descending'
        return (
          <div
            key={title}
            role="columnheader"
            aria-colindex={index + 1}
            aria-sort={isSorted && isOneBoard ? direction : undefined}
            className={`grid-cell ${className}`}
            // The grid is the tab stop. The menus above offer sorting as well.
            tabIndex={-1}
          >
            {sortBy === undefined ? (
              title
            ) : (
              <button type="button" tabIndex={-1} className="head-sort" onClick={() => sort(sortBy)}>
                {title}{' '}
                {isSorted && (
                  <span aria-hidden="true" title={isOneBoard ? undefined : 'Within each board'}>
                    {direction === 'ascending' ? '▲' : '▼'}
                  </span>
                )}
              </button>
            )}
          </div>
        )
      })}
    </div>
  )
}
