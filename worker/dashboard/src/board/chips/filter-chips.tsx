import { useId } from 'react'
import './chips.css'
import type { Board } from '../../api/directory.ts'
import { formatCompact, formatCount } from '../../parts/format.ts'
import { filterOptions, type ListQuestion } from '../list-question.ts'
import { type FilterCount, useFilterCounts } from './use-filter-counts.ts'

interface FilterChipsProps {
  /** Those that are shown. */
  readonly boards: readonly Board[]
  /** Whether these are all boards of the workspace. */
  readonly hasAllBoards: boolean
  readonly question: ListQuestion
  onChoose(filter: string): void
}

/** The filters, each with the number of contacts that it finds. Under a search they have no numbers, which would be those without it. */
export function FilterChips({ boards, hasAllBoards, question, onChoose }: FilterChipsProps) {
  const name = useId()
  const counts = useFilterCounts(boards, hasAllBoards, question.columnId)
  const isSearch = question.search.trim() !== ''
  return (
    <fieldset className="filter-chips">
      <legend className="hidden">Filter</legend>
      {filterOptions.map(({ value, title }) => (
        <label key={value} className="filter-chip" data-filter={value}>
          <input
            type="radio"
            name={name}
            checked={question.filter === value}
            onChange={() => onChoose(value)}
          />
          <span>
            {title} {!isSearch && <Count count={counts.get(value)} />}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function Count({ count }: { readonly count: FilterCount | undefined }) {
  if (count === undefined) return <span className="filter-count" aria-hidden="true" />
  const { contacts, isEstimate } = count
  const text = isEstimate ? `~${formatCompact(contacts)}` : formatCount(contacts)
  return (
    <span className="filter-count" data-count={contacts}>
      {text}
    </span>
  )
}
