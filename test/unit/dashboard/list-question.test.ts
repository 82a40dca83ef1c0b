import { expect, it } from 'vitest'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { listPath, plainQuestion } from '../../../worker/dashboard/src/board/list-question.ts'

it('a search pasted with tabs and line breaks is asked for in words that the API takes', () => {
  const path = listPath('b', { ...plainQuestion, search: 'Anna\tBerg\r\nBonn' }, { page: '1' })
  const query = Object.fromEntries(new URL(path, 'https://x.example').searchParams)
  expect(contactList.query.parse(query)).toMatchObject({ search: 'Anna Berg Bonn' })
})
