import { limits } from '../../shared/limits.ts'
import { at, type Bounded, badIds, badLists, badObjects, ids, long, nested } from './bounded.ts'

export const folderOfAnn = { p_workspace: 'w1', p_user: 'ann', p_folder: 'inbox' }
const folderPut = { ...folderOfAnn, p_messages: [], p_synced_at: null }
const letters = (count: number) =>
  ids(count).map((id) => ({ id: `m${id}`, from_address: 'a@example.com', received_at: at }))
const control = {
  ...{ p_workspace: 'w1', p_contact: 'w1-first', p_answered_by: 'human' },
  ...{ p_user: 'x'.repeat(128), p_since: null },
}
const message = (fields: Readonly<Record<string, string | null>>) => ({
  ...{ p_workspace: 'w1', p_contact: 'w1-first' },
  p_message: { id: 'm1', channel: 'web', direction: 'inbound', body: 'Hello', ...fields },
})
const call = { p_workspace: 'w1', p_call: 'call' }
/** The body of a session may have more bytes than other objects, since the state itself is bounded by the bytes of its text. */
const badSessions = [...badObjects.slice(0, -1), { name: 'x'.repeat(1_048_576) }]
const session = { ...call, p_contact: 'x'.repeat(128), p_state: {} }

/** The functions that write for the backend and for admins (migrations, `backend_writes`). */
export const boundedBackendWrites: readonly Bounded[] = [
  {
    name: 'mailbox_put',
    taken: [
      { ...folderPut, p_messages: [] },
      { ...folderPut, p_messages: letters(limits.mailboxMessagesMax), p_synced_at: at },
    ],
    refused: [
      ...badIds.flatMap((id) => [
        { ...folderPut, p_workspace: id },
        { ...folderPut, p_user: id },
        { ...folderPut, p_folder: id },
        { ...folderPut, p_messages: [{ ...letters(1)[0], id }] },
      ]),
      ...[
        ...badLists,
        letters(limits.mailboxMessagesMax + 1),
        [null],
        [...letters(1), ...letters(1)],
        [{ ...letters(1)[0], subject: 'x'.repeat(65_536) }],
      ].map((p_messages) => ({ ...folderPut, p_messages })),
    ],
  },
  {
    name: 'mailbox_delete',
    taken: [{ ...folderOfAnn, p_folder: 'old' }],
    refused: badIds.flatMap((id) => [
      { ...folderOfAnn, p_workspace: id },
      { ...folderOfAnn, p_user: id },
      { ...folderOfAnn, p_folder: id },
    ]),
  },
  {
    name: 'lead_control_write',
    taken: [
      control,
      { ...control, p_since: at },
      { ...control, p_answered_by: 'ai', p_user: null, p_since: null },
    ],
    refused: [
      ...badIds.flatMap((id) => [
        { ...control, p_workspace: id },
        { ...control, p_contact: id },
        { ...control, p_user: id ?? '' },
      ]),
      ...[null, '', 'AI', long].map((p_answered_by) => ({ ...control, p_user: null, p_answered_by })),
      { ...control, p_answered_by: 'ai' },
    ],
  },
  {
    name: 'lead_message_create',
    taken: [
      message({}),
      message({ id: 'm2', body: 'x'.repeat(limits.messageCharactersMax), sent_at: at }),
      message({ id: 'm3', conversation_id: 'x'.repeat(128) }),
    ],
    refused: [
      ...badIds.flatMap((id) => [
        { ...message({}), p_workspace: id },
        { ...message({}), p_contact: id },
        message({ id }),
        message({ conversation_id: id ?? '' }),
      ]),
      ...badObjects.map((p_message) => ({ ...message({}), p_message })),
      ...[null, '', 'fax'].map((channel) => message({ channel })),
      ...[null, '', 'sideways'].map((direction) => message({ direction })),
      ...[null, '', 'x'.repeat(limits.messageCharactersMax + 1)].map((body) => message({ body })),
    ],
  },
  {
    name: 'call_session_put',
    taken: [session, { ...session, p_contact: null, p_state: nested(64) }],
    refused: [
      ...badIds.flatMap((id) => [
        { ...session, p_workspace: id },
        { ...session, p_call: id },
        { ...session, p_contact: id ?? '' },
      ]),
      ...[...badSessions, nested(65), nested(300)].map((p_state) => ({ ...session, p_state })),
    ],
  },
  {
    name: 'call_session_patch',
    taken: [
      { ...call, p_change: { contact_id: null } },
      { ...call, p_change: { state: nested(64) } },
    ],
    refused: [
      ...badIds.flatMap((id) => [
        { ...call, p_change: {}, p_workspace: id },
        { ...call, p_change: {}, p_call: id },
        { ...call, p_change: { contact_id: id ?? '' } },
      ]),
      ...[...badSessions, {}, { other: 1 }].map((p_change) => ({ ...call, p_change })),
      ...[...badSessions, nested(65), nested(300)].map((state) => ({ ...call, p_change: { state } })),
    ],
  },
  {
    name: 'call_session_delete',
    taken: [{ ...call, p_call: 'ended' }],
    refused: badIds.flatMap((id) => [
      { ...call, p_workspace: id },
      { ...call, p_call: id },
    ]),
  },
]
