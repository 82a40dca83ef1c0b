import {
  asService,
  boardId,
  columnId,
  contactId,
  instant,
  name,
  orNull,
  type TableGroup,
  type Values,
  withNew,
  workspaceId,
} from './values.ts'

const campaignId: Values = [`'g1'`, `'g2'`]
const figure: Values = ['0', '3', '17']
const filters: Values = [`'{}'`, `'{open}'`, `'{open,high_priority}'`]

/** Campaigns with their sends, segments, and daily snapshots. */
export const figureTables: TableGroup = {
  written: {
    'public.campaigns': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, name, created_at: instant },
        id: withNew(campaignId, 'g'),
      },
    },
    'public.campaign_sends': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, campaign_id: campaignId, updated_at: instant },
        // Others than the contacts of the world, each of which has been sent to.
        contact_id: withNew(contactId, 'k'),
        outcome: [`'queued'`, `'sent'`, `'delivered'`, `'read'`, `'replied'`, `'failed'`],
      },
    },
    'private.campaign_tallies': {
      by: 'calls',
      // Those of w2 are wrong at first, so that putting them right changes an answer.
      calls: [asService(`public.reconcile_counts('w2')`), asService('public.fold_counts(5000)')],
    },
    'public.segments': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, id: withNew([`'s1'`, `'s2'`], 's'), name, created_at: instant },
        ...{ board_id: orNull(boardId), board_column_id: orNull(columnId) },
        ...{ filters, excluded_filters: filters },
      },
    },
    'public.analytics_snapshots': {
      by: 'statements',
      values: {
        workspace_id: workspaceId,
        day: [
          `(now() at time zone 'UTC')::date`,
          `(now() at time zone 'UTC')::date - 1`,
          `(now() at time zone 'UTC')::date - 6`,
          `(now() at time zone 'UTC')::date - 7`,
        ],
        ...{ contacts: figure, new_contacts: figure, messages_inbound: figure, messages_outbound: figure },
        ...{ communications: figure, calls: figure },
      },
    },
  },
  calls: [],
  content: `
    insert into public.campaigns (workspace_id, id, name)
      select w, g, g from unnest(array['w1', 'w2', 'w152']) w, unnest(array['g1', 'g2']) g;
    insert into public.campaign_sends (workspace_id, campaign_id, contact_id, outcome)
      select g.workspace_id, g.id, c.id, (array['queued', 'sent', 'delivered', 'read', 'replied', 'failed'])[1 + length(c.name) % 6]
      from public.campaigns g join public.contacts c on c.workspace_id = g.workspace_id;
    insert into public.segments (workspace_id, id, name, board_id, filters, excluded_filters) values
      ('w1', 's1', 'Open', null, '{open}', '{}'), ('w1', 's2', 'Urgent', 'b1', '{open,high_priority}', '{}'),
      ('w2', 's1', 'Not closed', null, '{}', '{closed}'), ('w4', 's1', 'All', null, '{}', '{}');
    insert into public.analytics_snapshots (workspace_id, day, contacts)
      select w, (now() at time zone 'UTC')::date - n, n from unnest(array['w1', 'w2', 'w152']) w, generate_series(2, 5) n;`,
}
