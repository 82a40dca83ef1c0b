import { meeting } from './communications.ts'
import { asService, type TableGroup } from './values.ts'

const why = 'no cached resource reads it'

/** A message to w1. One that is taken again changes nothing, so each has an id of its own. */
const taking = (sender: string, more: object = {}) => {
  const mail = {
    ...{ isIdGiven: true, from: { address: sender, name: 'Ilse' }, recipients: ['us@w1.example'] },
    ...{ to: ['us@w1.example'], subject: 'An offer', sentAt: '2026-01-02T03:04:05Z', threadId: null },
    ...{ references: [], isReply: false, importance: 'normal', automated: null, text: 'Here it is.' },
    ...{
      attachments: [{ name: 'offer.pdf', contentType: 'application/pdf', sizeBytes: 12_345 }],
      meeting: null,
    },
    sender: { domain: sender.split('@')[1], isFreeMail: false, companyName: 'Alder' },
    ...more,
  }
  const id = `jsonb_build_object('messageId', gen_random_uuid()::text, 'digest', encode(sha256('x'), 'hex'))`
  return asService(`public.inbound_email_take('${JSON.stringify(mail)}'::jsonb || ${id}, null, false)`)
}

/** Inbound e-mail. */
export const mailTables: TableGroup = {
  written: {
    'public.email_addresses': { by: 'nothing', why },
    'public.communication_texts': { by: 'nothing', why },
    'private.email_settings': { by: 'nothing', why },
    'private.email_thread_keys': { by: 'calls', calls: [taking('ilse@alder.example', { threadId: 't1' })] },
    'private.inbound_emails': {
      by: 'calls',
      calls: [
        taking('ann@new-1.example'),
        taking('ilse@alder.example', { references: ['first', 'second'] }),
        taking('ilse@alder.example', { meeting }),
        taking('ilse@alder.example', { meeting: { ...meeting, method: 'cancel', sequence: 1 } }),
        taking('bo@new-2.example', { automated: 'list' }),
      ],
    },
    'private.inbound_email_hours': { by: 'nothing', why },
    'private.inbound_email_days': { by: 'nothing', why },
    'private.inbound_email_domains': { by: 'nothing', why },
    'private.inbound_email_reports': { by: 'nothing', why },
  },
  calls: [],
  content: `insert into public.email_addresses (address, workspace_id) values ('us@w1.example', 'w1'), ('us@w2.example', 'w2');`,
}
