import type { Contact } from '../../../worker/client/api.ts'

const at = '2026-01-01T00:00:00Z'

/** A contact as pages have it. */
export function contactRow(id: string): Contact {
  return {
    ...{ id, workspace_id: '15213', board_id: 'board_1', board_column_id: 'col_1', name: `Name of ${id}` },
    ...{ email: null, phone: null, status: 'open', priority: 'medium', assigned_to: null },
    ...{ needs_response: false, follow_up: false, is_favorite: false, is_archived: false },
    ...{ sentiment: null, source: null, lead_status: null, tags: [], last_message: null },
    ...{ last_activity_at: at, created_at: at, updated_at: at },
  }
}
