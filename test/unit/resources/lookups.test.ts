import { describe, expect, it } from 'vitest'
import { contactByEmail } from '../../../shared/resources/contacts/contact-by-email.ts'
import { leadByPhone } from '../../../shared/resources/contacts/lead-by-phone.ts'
import { leadHistory } from '../../../shared/resources/conversations/lead-history.ts'
import { resources } from '../../../shared/resources/index.ts'

describe('a lookup that is not valid is told each of its faults once', () => {
  it.each([
    [leadByPhone, {}, { phone: '' }, ['phone']],
    [leadByPhone, {}, {}, ['phone']],
    [leadByPhone, {}, { phone: '30 123456', region: 'XX' }, ['region']],
    [leadByPhone, {}, { phone: 'nobody', region: 'Germany' }, ['region']],
    [leadByPhone, {}, { phone: 'nobody', more: '1' }, ['more', 'phone']],
    [contactByEmail, {}, { email: '' }, ['email']],
    [leadHistory, { id: 'contact_1' }, { cursor: '' }, ['cursor']],
    [leadHistory, { id: 'contact_1' }, { cursor: 'x', limit: '0' }, ['limit', 'cursor']],
    [leadHistory, { id: 'contact_1' }, { cursor: 'x', offset: '0' }, ['cursor', 'cursor']],
  ])('%#', (resource, path, query, parameters) => {
    const parsed = resource.parse(path, query)
    expect(parsed.ok ? [] : parsed.error.map(({ parameter }) => parameter)).toEqual(parameters)
  })
})

it('whatever can be absent says in words of its own what is not there', () => {
  const unnamed = resources.filter(({ absence }) => absence.code === 'not_found' && !('sentence' in absence))
  const alwaysThere = [
    'analytics',
    'contact-counts',
    'dashboard',
    'permissions',
    'webhook-sources',
    'workspace-config',
  ]
  expect(unnamed.map(({ name }) => name).toSorted()).toEqual(alwaysThere)
})
