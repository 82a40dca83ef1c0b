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
  withNew,
  workspaceId,
} from './values.ts'

const conversationId: Values = [`'v1'`, `'v2'`]
/** The contacts of these conversations. */
const talkedTo: Values = [`'k1'`, `'k2'`]
const channel: Values = [`'voice'`, `'web'`, `'whatsapp'`]

const storedCall = asService(
  `public.ended_call_store('w1', '+49 30 55501', array['+4930555011', '55501'], '{"conversationId": "ended-1", "callId": "ended-1", "startedAt": "2026-01-02T03:04:05Z", "endedAt": "2026-01-02T03:05:05Z", "messages": [{"direction": "inbound", "body": "Hello", "sentAt": "2026-01-02T03:04:06Z"}], "summary": {"text": "Said hello", "openQuestions": ["When?"]}}')`,
)

/** Conversations, their messages and summaries, control, and calls in progress. */
export const conversationTables: TableGroup = {
  written: {
    'public.conversations': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, id: withNew(conversationId, 'v'), contact_id: contactId, channel },
        ...{ user_id: orNull(userId), is_unread: flag, started_at: instant, ended_at: orNull(instant) },
      },
    },
    'public.messages': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, id: withNew([`'m1v1'`, `'m2v2'`], 'm') },
        ...{ conversation_id: conversationId, contact_id: talkedTo, channel },
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
          contact_id: talkedTo,
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
        ...{ workspace_id: workspaceId, id: withNew([`'p1'`], 'p'), contact_id: orNull(contactId) },
        state: [`'{}'`, `'{"step": 1}'`, `'{"step": 2, "intent": "price"}'`],
        ...{ started_at: instant, updated_at: instant },
      },
    },
    'private.ended_calls': { by: 'calls', calls: [storedCall] },
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
