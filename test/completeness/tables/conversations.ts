import {
  asService,
  asUser,
  contactId,
  flag,
  instant,
  orNull,
  type TableGroup,
  userId,
  type Values,
  workspaceId,
} from './values.ts'

const conversationId: Values = [`'v1'`, `'v2'`, `'v3'`]
const channel: Values = [`'voice'`, `'web'`, `'whatsapp'`]

/** Conversations, their messages and summaries, control, and calls in progress. */
export const conversationTables: TableGroup = {
  written: {
    'public.conversations': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, id: conversationId, contact_id: contactId, channel },
        ...{ user_id: orNull(userId), is_unread: flag, started_at: instant, ended_at: orNull(instant) },
      },
    },
    'public.messages': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, id: [`'m1'`, `'m2'`, `'m3'`, `'m4'`, `'m5'`, `'m6'`] },
        ...{ conversation_id: conversationId, contact_id: contactId, channel },
        direction: [`'inbound'`, `'outbound'`],
        body: [`'Hello'`, `'Thank you'`],
        sent_at: instant,
      },
    },
    'public.conversation_summaries': {
      by: 'statements',
      values: {
        ...{
          workspace_id: workspaceId,
          conversation_id: conversationId,
          as_of: instant,
          contact_id: contactId,
        },
        text: [`'Asked about a price'`, `'Wants to be called'`],
        open_questions: [`'{}'`, `'{When?}'`, `'{When?,Where?}'`],
      },
    },
    'public.lead_controls': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, contact_id: contactId, since: instant },
        answered_by: [`'ai'`, `'human'`],
        user_id: orNull(userId),
      },
    },
    'public.call_sessions': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, id: [`'p1'`, `'p2'`, `'p3'`], contact_id: orNull(contactId) },
        state: [`'{}'`, `'{"step": 1}'`, `'{"step": 2, "intent": "price"}'`],
        ...{ started_at: instant, updated_at: instant },
      },
    },
  },
  calls: [
    asService(`public.lead_control_write('w1', 'k1', 'ai', null, null)`),
    asUser(`public.lead_control_write('w1', 'k2', 'human', 'u2', '2026-01-02T03:04:05Z')`),
    asService(
      `public.lead_message_create('w1', 'k1', '{"id": "new-1", "channel": "web", "direction": "inbound", "body": "Hello"}')`,
    ),
    asUser(
      `public.lead_message_create('w2', 'k2', '{"id": "new-1", "conversation_id": "v2", "channel": "voice", "direction": "outbound", "body": "Hello"}')`,
    ),
    asService(`public.call_session_put('w1', 'p2', 'k1', '{"step": 1}')`),
    asUser(`public.call_session_patch('w1', 'p1', '{"state": {"step": 2}, "contact_id": null}')`),
    asUser(`public.call_session_delete('w2', 'p1')`),
  ],
  content: `
    insert into public.conversations (workspace_id, id, contact_id, channel, user_id, is_unread)
      select w, v, case v when 'v1' then 'k1' else 'k2' end, 'voice', 'u1', v = 'v2'
      from unnest(array['w1', 'w2', 'w152']) w, unnest(array['v1', 'v2']) v;
    insert into public.messages (workspace_id, id, conversation_id, contact_id, channel, direction, body, sent_at)
      select v.workspace_id, 'm' || n || v.id, v.id, v.contact_id, 'voice', case n % 2 when 0 then 'inbound' else 'outbound' end,
        'Message ' || n, now() - interval '5 hours' * n
      from public.conversations v, generate_series(1, 8) n;
    insert into public.conversation_summaries (workspace_id, conversation_id, contact_id, text, as_of)
      select workspace_id, id, contact_id, 'A summary', now() - interval '12 hours' from public.conversations where id = 'v1';
    insert into public.lead_controls (workspace_id, contact_id, answered_by, user_id) values ('w1', 'k1', 'human', 'u1');
    insert into public.call_sessions (workspace_id, id, contact_id) values ('w1', 'p1', 'k1'), ('w2', 'p1', null);`,
}
