import type { Contact } from '../../shared/resources/contacts/contact-list.ts'

/** With this many contacts the page has about 20 kB. */
export const contactsPerPage = 33

const instant = '2026-01-02T03:04:05.123456+00:00'

/** The page that all subjects answer: the JSON with which the origin answers the load of one page of contacts. */
export const page: string = JSON.stringify({
  contacts: Array.from({ length: contactsPerPage }, (_, index) => contactOf(index)),
  pagination: {
    page: 1,
    per_page: contactsPerPage,
    total: 191_663,
    total_pages: Math.ceil(191_663 / contactsPerPage),
    next_cursor: 'eyJzb3J0QnkiOiJjcmVhdGVkX2F0Iiwic29ydE9yZGVyIjoiZGVzYyJ9',
  },
})

function contactOf(index: number): Contact {
  const id = `contact_${String(index).padStart(6, '0')}`
  return {
    id,
    workspace_id: '15213',
    board_id: 'board_123',
    board_column_id: `col_${index % 7}`,
    name: `Zoë Example ${index}`,
    email: `${id}@example.com`,
    phone: `+4930${String(1_000_000 + index)}`,
    status: 'open',
    priority: 'medium',
    assigned_to: null,
    needs_response: false,
    follow_up: false,
    is_favorite: false,
    is_archived: false,
    sentiment: null,
    source: 'web',
    lead_status: 'new',
    tags: ['newsletter', 'berlin'],
    last_message: `Could you "call" me back about order ${index}?`,
    last_activity_at: instant,
    created_at: instant,
    updated_at: instant,
  }
}
