import {
  contactId,
  instant,
  orNull,
  type TableGroup,
  userId,
  type Values,
  withNew,
  workspaceId,
} from './values.ts'

const threadId: Values = [`'t1'`, `'t2'`]
const communicationId: Values = [`'e1'`, `'e2'`, `'e3'`, `'e4'`]
const companyId: Values = ['null', `'x1'`, `'x2'`]

/** The calendar part of a message. */
export const meeting = {
  ...{ uid: 'm1', method: 'request', sequence: 0, summary: 'The offer', location: null, isAllDay: false },
  ...{ startsAt: '2026-01-02T03:04:05Z', endsAt: null, organizer: null, attendees: [] },
}

/** Threads, communications and attachments. */
export const communicationTables: TableGroup = {
  written: {
    'public.threads': {
      by: 'statements',
      values: {
        ...{
          workspace_id: workspaceId,
          id: withNew(threadId, 't'),
          company_id: companyId,
          contact_id: orNull(contactId),
        },
        subject: [`'An offer'`, `'Re: An offer'`],
        ...{ created_at: instant, updated_at: instant },
      },
    },
    'public.communications': {
      by: 'statements',
      values: {
        ...{
          workspace_id: workspaceId,
          id: withNew(communicationId, 'e'),
          thread_id: orNull(threadId),
          company_id: companyId,
        },
        ...{ contact_id: orNull(contactId), user_id: orNull(userId), sent_at: instant },
        direction: [`'inbound'`, `'outbound'`],
        from_address: [`'ilse@alder.example'`, `'bo@ek.example'`],
        to_addresses: [`'{}'`, `'{us@ours.example}'`],
        subject: [`''`, `'An offer'`],
        body: [`''`, `'Here it is.'`],
        message_id: ['null', `'first'`, `'second'`],
        automated: ['null', `'list'`],
        importance: ['null', `'high'`],
        is_id_reused: ['false', 'true'],
        meeting: ['null', `'${JSON.stringify({ ...meeting, status: 'current' })}'`],
      },
    },
    'public.communication_attachments': {
      by: 'statements',
      values: {
        ...{
          workspace_id: workspaceId,
          communication_id: communicationId,
          position: ['0', '1', '2', '3', '4', '5'],
        },
        name: [`'offer.pdf'`, `'photo.png'`],
        content_type: [`'application/pdf'`, `'image/png'`],
        size_bytes: ['0', '12345'],
      },
    },
  },
  calls: [],
  content: `
    insert into public.threads (workspace_id, id, subject, company_id)
      select w, 't1', 'An offer', 'x1' from unnest(array['w1', 'w2', 'w152']) w;
    insert into public.communications (
      workspace_id, id, thread_id, company_id, contact_id, user_id, direction, from_address, subject, sent_at
    )
      select w, 'e' || n, case when n < 4 then 't1' end, 'x' || 1 + n % 2, 'k' || n, 'u' || n, 'inbound', 'ilse@alder.example',
        'Letter ' || n, now() - interval '3 hours' * n
      from unnest(array['w1', 'w2', 'w152']) w, generate_series(1, 3) n;
    insert into public.communication_attachments (workspace_id, communication_id, position, name, content_type, size_bytes)
      select workspace_id, id, 0, 'offer.pdf', 'application/pdf', 12345 from public.communications;`,
}
