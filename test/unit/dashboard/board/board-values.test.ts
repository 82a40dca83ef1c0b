import { describe, expect, it } from 'vitest'
import { contactCounts } from '../../../../shared/resources/contacts/contact-counts.ts'
import { contactFilterSchema } from '../../../../shared/resources/contacts/contact-list.ts'
import {
  filtersToCount,
  workspaceCountOf,
} from '../../../../worker/dashboard/src/board/chips/filter-counts.ts'
import { statusTone } from '../../../../worker/dashboard/src/board/chips/value-tones.ts'
import { shapeIn } from '../../../../worker/dashboard/src/board/columns/board-shape.ts'
import { shortDay } from '../../../../worker/dashboard/src/board/columns/short-day.ts'
import {
  filterOptions,
  pageOptionsOf,
  plainQuestion,
} from '../../../../worker/dashboard/src/board/list-question.ts'

const { counts } = contactCounts.example.data
const answer = {
  ...counts,
  assignedToMe: 7,
}

describe('the counts of filters', () => {
  it('are those of the workspace, one for each filter that the API knows', () => {
    expect(filterOptions.map(({ value }) => value)).toEqual(contactFilterSchema.options)
    expect(workspaceCountOf(answer, 'all')).toBe(counts.total)
    expect(workspaceCountOf(answer, 'assigned_to_me')).toBe(7)
    expect(workspaceCountOf(answer, 'unhappy_customers')).toBe(counts.unhappyCustomers)
  })

  it('are asked of a board only for filters that find something in the workspace', () => {
    expect(filtersToCount(answer, ['open', 'follow_up', 'archived'])).toEqual(['open', 'archived'])
  })
})

describe('a question as options of the client', () => {
  it('leaves out what is plain, so that equal questions have equal paths', () => {
    expect(pageOptionsOf(plainQuestion)).toEqual({})
    expect(pageOptionsOf({ ...plainQuestion, search: '   ' })).toEqual({})
  })

  it('has every choice, and no control characters', () => {
    const question = {
      filter: 'open',
      search: 'Anna\tBerg',
      columnId: 'col_1',
      sortBy: 'name',
      sortOrder: 'asc',
    }
    expect(pageOptionsOf(question)).toEqual({ ...question, search: 'Anna Berg' })
  })
})

it('a status of the CRM has a tone, and one that nobody knows is plain', () => {
  expect(statusTone('On hold')).toBe('warn')
  expect(statusTone('open')).toBe('info')
  expect(statusTone('constructor')).toBe('quiet')
})

it('an address without a known view shows the list', () => {
  expect(shapeIn(new URLSearchParams('view=columns'))).toBe('columns')
  expect(shapeIn(new URLSearchParams('view=tree'))).toBe('list')
  expect(shapeIn(new URLSearchParams())).toBe('list')
})

it('a day of another year has its year', () => {
  const now = new Date(2026, 10, 27)
  expect(shortDay(new Date(2026, 5, 30), now)).toBe('30 Jun')
  expect(shortDay(new Date(2025, 5, 30), now)).toBe('Jun 2025')
})
