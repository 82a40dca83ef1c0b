import type { Contact } from '../../../shared/resources/contacts/contact-list.ts'

/** A contact as the database returns it. */
export function contactNumber(number: number, given: Partial<Contact> = {}): Contact {
  return {
    id: `contact_${number}`,
    workspace_id: '15213',
    board_id: 'board_123',
    board_column_id: 'col_1',
    name: `Zoë Nguyễn ${number}`,
    email: `zoe${number}@private.example`,
    phone: null,
    status: 'open',
    priority: 'medium',
    assigned_to: null,
    needs_response: false,
    follow_up: false,
    is_favorite: false,
    is_archived: false,
    sentiment: null,
    source: null,
    lead_status: null,
    tags: [],
    last_message: null,
    last_activity_at: '2025-06-30T10:00:00.000001+00:00',
    created_at: '2025-06-30T09:00:00.123456+00:00',
    updated_at: '2025-06-30T09:30:00+00:00',
    ...given,
  }
}
