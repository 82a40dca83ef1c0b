import { board, contact, deleted, inserted, type Place, quoted, type ResourceCase, updated } from './case.ts'

const renamed = (id: string) => (place: Place) =>
  updated('contacts', place, `name = ${quoted(`Zqname renamed ${place.mark}`)}`, `id = '${id}'`)
const withoutContact = (id: string) => (place: Place) => deleted('contacts', place, `id = '${id}'`)

/** A case about one contact that is asked for by its id. */
function ofContact(id: string, path: (id: string) => string, write = renamed(id)): ResourceCase {
  const later = `${id}-later`
  return {
    content: (place) => contact(place, id, { email: `zqmail.${id}@zqmail.example`, lead_status: 'zqstatus' }),
    there: () => path(id),
    notThere: () => path(later),
    write,
    deletion: withoutContact(id),
    creation: (place) => contact(place, later),
  }
}

export const contactList: ResourceCase = {
  content: (place) => `
    ${inserted('board_columns', place, { board_id: board.board_id, id: 'list', name: 'Zqcolumn', position: 1 })}
    ${contact(place, 'on-list', { board_column_id: 'list' })}`,
  there: () => `/api/boards/${board.board_id}/contacts?column_id=list`,
  notThere: () => '/api/boards/later-board/contacts',
  write: renamed('on-list'),
  deletion: withoutContact('on-list'),
  creation: (place) => inserted('boards', place, { id: 'later-board', name: 'Zqboard' }),
}

/** The counts are never absent. A contact that is created moves them. */
export const contactCounts: ResourceCase = {
  content: (place) => contact(place, 'counted'),
  there: ({ workspaceId }) => `/api/cache-settings/workspace/${workspaceId}/counts`,
  notThere: ({ workspaceId }) => `/api/cache-settings/workspace/${workspaceId}/counts`,
  write: (place) => updated('contacts', place, `priority = 'high'`, `id = 'counted'`),
  deletion: withoutContact('counted'),
  creation: (place) => contact(place, 'counted-later'),
}

export const oneContact = ofContact('contact', (id) => `/api/contacts/${id}`)
export const lead = ofContact('lead', (id) => `/api/leads/${id}`)
export const leadStatus = ofContact(
  'status',
  (id) => `/api/leads/${id}/status`,
  (place) => updated('contacts', place, `status = 'closed', lead_status = 'zqstatus later'`, `id = 'status'`),
)

export const contactByEmail: ResourceCase = {
  content: (place) => contact(place, 'by-address', { email: 'Zqmail.Ann@zqmail.example' }),
  there: () => '/api/contacts/by-email?email=zqmail.ann%2Bnews%40ZQMAIL.example',
  notThere: () => '/api/contacts/by-email?email=zqmail.later%40zqmail.example',
  write: renamed('by-address'),
  deletion: withoutContact('by-address'),
  creation: (place) => contact(place, 'by-address-later', { email: 'zqmail.later@zqmail.example' }),
}

export const leadByPhone: ResourceCase = {
  content: (place) => contact(place, 'by-number', { phone: '(415) 555-2671' }),
  there: () => '/api/leads/by-phone?phone=tel%3A%2B1-415-555-2671',
  notThere: () => '/api/leads/by-phone?phone=%28415%29%20555-2672&region=US',
  write: renamed('by-number'),
  deletion: withoutContact('by-number'),
  creation: (place) => contact(place, 'by-number-later', { phone: '+14155552672' }),
}
