import { board, contact, deleted, inserted, type Place, quoted, type ResourceCase, updated } from './case.ts'

const unread = (place: Place, id: string) =>
  inserted('conversations', place, {
    ...{
      id,
      contact_id: 'shown',
      channel: 'web',
      user_id: place.userId,
      is_unread: true,
      started_at: place.now,
    },
  })

/** A dashboard is never absent: without rows its figures are 0. */
export const dashboard: ResourceCase = {
  content: (place) => `
    ${contact(place, 'shown', { assigned_to: place.userId })}
    ${Array.from({ length: place.size }, (_, n) => unread(place, `unread-${n}`)).join('\n')}`,
  there: () => '/api/dashboard',
  notThere: () => '/api/dashboard',
  write: (place) => updated('conversations', place, 'is_unread = false', `id = 'unread-0'`),
  deletion: (place) => deleted('contacts', place, `id = 'shown'`),
  creation: (place) => contact(place, 'shown-later', { assigned_to: place.userId }),
}

const campaign = (place: Place, id: string) =>
  inserted('campaigns', place, { id, name: `Zqname ${place.mark}`, created_at: place.now })

const send = (place: Place, contactId: string) =>
  inserted('campaign_sends', place, {
    ...{ campaign_id: 'campaign', contact_id: contactId, outcome: 'sent', updated_at: place.now },
  })

export const campaignStats: ResourceCase = {
  content: (place) => `
    ${campaign(place, 'campaign')}
    ${Array.from({ length: place.size }, (_, n) => send(place, `sent-${n}`)).join('\n')}`,
  there: () => '/api/campaigns/campaign/stats',
  notThere: () => '/api/campaigns/campaign-later/stats',
  write: (place) => updated('campaign_sends', place, `outcome = 'read'`, `contact_id = 'sent-0'`),
  deletion: (place) => deleted('campaigns', place, `id = 'campaign'`),
  creation: (place) => campaign(place, 'campaign-later'),
}

const segment = (place: Place, id: string) => `
  insert into public.segments (workspace_id, id, name, board_id, board_column_id, filters, created_at)
    values (${quoted(place.workspaceId)}, '${id}', ${quoted(`Zqname ${place.mark}`)}, '${board.board_id}', 'segment', '{closed}', ${quoted(place.now)});`

export const segmentCount: ResourceCase = {
  content: (place) => `
    ${inserted('board_columns', place, { board_id: board.board_id, id: 'segment', name: 'Zqcolumn', position: 2 })}
    ${Array.from({ length: place.size }, (_, n) =>
      contact(place, `in-segment-${n}`, { board_column_id: 'segment', status: 'closed' }),
    ).join('\n')}
    ${segment(place, 'segment')}`,
  there: () => '/api/segments/segment/count',
  notThere: () => '/api/segments/segment-later/count',
  write: (place) => updated('contacts', place, `status = 'open'`, `id = 'in-segment-0'`),
  deletion: (place) => deleted('segments', place, `id = 'segment'`),
  creation: (place) => segment(place, 'segment-later'),
}

const snapshot = (place: Place, daysBefore: number) => `
  insert into public.analytics_snapshots (workspace_id, day, contacts)
    values (${quoted(place.workspaceId)}, (${quoted(place.now)}::timestamptz at time zone 'UTC')::date - ${daysBefore}, ${place.size})
    on conflict (workspace_id, day) do update set contacts = excluded.contacts + 1000;`

/** Figures of days are never absent. */
export const analytics: ResourceCase = {
  content: (place) => snapshot(place, 2),
  there: () => '/api/analytics/dashboard?days=7',
  notThere: () => '/api/analytics/dashboard?days=5',
  write: (place) => updated('analytics_snapshots', place, 'calls = calls + 17', 'true'),
  deletion: (place) => deleted('analytics_snapshots', place, 'true'),
  creation: (place) => snapshot(place, 3),
}
