import { expect, it } from 'vitest'
import type { Contact } from '../../../worker/client/api.ts'
import { changedBetween } from '../../../worker/dashboard/src/board/flashes.ts'
import { contactRow } from './contact-row.ts'

const rows = (first: number, ...contacts: Contact[]) =>
  new Map(contacts.map((contact, at) => [first + at, contact]))

const [anna, bert, carl] = [contactRow('anna'), contactRow('bert'), contactRow('carl')]

it('a contact with another value flashes, and one that only became another object does not', () => {
  const changed = { ...bert, priority: 'high' as const }
  expect(changedBetween(rows(0, anna, bert), rows(0, { ...anna }, changed))).toEqual(['bert'])
})

it('a contact that came in where another one was flashes, and those that it pushed on do not', () => {
  expect(changedBetween(rows(0, anna, bert), rows(0, carl, anna, bert))).toEqual(['carl'])
})

it('a contact whose page has arrived, or that was scrolled to, does not flash', () => {
  expect(changedBetween(rows(0, anna), rows(0, anna, bert))).toEqual([])
  expect(changedBetween(rows(0, anna), rows(7, carl))).toEqual([])
})
