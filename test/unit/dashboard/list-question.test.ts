import { expect, it } from 'vitest'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { pageParameters } from '../../../worker/client/paths.ts'
import { pageOptionsOf, plainQuestion } from '../../../worker/dashboard/src/board/list-question.ts'

it('a search pasted with tabs and line breaks is asked for in words that the API takes', () => {
  const options = pageOptionsOf({ ...plainQuestion, search: 'Anna\tBerg\r\nBonn' })
  expect(contactList.query.parse({ search: options.search })).toMatchObject({ search: 'Anna Berg Bonn' })
})

it('a plain question has no parameters, so that equal questions have equal paths', () => {
  const given = Object.values(pageParameters({}, pageOptionsOf(plainQuestion)))
  expect(given.filter((value) => value !== undefined)).toEqual([])
})

it('every choice reaches the API, and what it does not know is left out', () => {
  const asked = { filter: 'open', search: '', columnId: 'col_1', sortBy: 'name', sortOrder: 'asc' }
  expect(pageOptionsOf(asked)).toEqual({
    filter: 'open',
    columnId: 'col_1',
    sortBy: 'name',
    sortOrder: 'asc',
  })
  expect(pageOptionsOf({ ...asked, filter: 'nonsense', sortBy: 'nonsense' })).toEqual({
    columnId: 'col_1',
    sortOrder: 'asc',
  })
})
