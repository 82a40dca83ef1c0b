import {
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
  },
  calls: [],
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
