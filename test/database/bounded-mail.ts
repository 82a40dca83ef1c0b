import { limits } from '../../shared/limits.ts'
import { mail } from '../support/mail.ts'
import { at, type Bounded, badIds, badObjects, ids, long } from './bounded.ts'

const given = mail({ recipients: ['us@bounds.example'] })
const take = { p_mail: given, p_workspace: null, p_is_slow: false }
const allowance = { p_workspace: 'w1', p_sender: 'a@b.example', p_domain: null, p_is_free_mail: false }
const report = '00000000-0000-4000-8000-000000000001'
const count = { workspaceId: 'w1', at, senderDomain: 'b.example', duplicates: 1, limited: 0 }
/** Ids that no function accepts in the place of a workspace, or of none. */
const badWorkspaces = badIds.filter((id) => id !== null)

/** The functions of inbound e-mail with arguments at and beyond their bounds. */
export const boundedMail: readonly Bounded[] = [
  {
    name: 'inbound_email_take',
    caller: 'service_role',
    taken: [
      take,
      {
        ...take,
        p_mail: {
          ...mail({ recipients: ['us@bounds.example'], text: 'é'.repeat(limits.mailTextCharactersMax) }),
          messageId: 'x'.repeat(limits.mailIdCharactersMax),
          references: ids(limits.mailReferencesMax).map((id) =>
            `${id}`.padEnd(limits.mailIdCharactersMax, 'é'),
          ),
        },
        p_is_slow: true,
      },
    ],
    refused: [
      ...badWorkspaces.map((p_workspace) => ({ ...take, p_workspace })),
      { ...take, p_is_slow: null },
      ...[...badObjects, {}].map((p_mail) => ({ ...take, p_mail })),
      ...[
        ...[{ messageId: '' }, { messageId: 'x'.repeat(999) }, { messageId: null }],
        ...[{ digest: 'x' }, { digest: null }, { isReply: 'yes' }, { importance: 'urgent' }],
        ...[{ recipients: null }, { recipients: ids(10_001).map(String) }, { to: ids(51).map(String) }],
        ...[{ references: ids(21).map(String) }, { attachments: ids(101) }, { subject: 'x'.repeat(501) }],
        ...[
          { subject: null },
          { text: 'x'.repeat(524_289) },
          { from: { address: 'x'.repeat(321) } },
          { sender: {} },
        ],
      ].map((change) => ({ ...take, p_mail: { ...given, ...change } })),
    ],
  },
  {
    name: 'inbound_email_take_together',
    caller: 'service_role',
    taken: [
      { p_mails: Array(limits.mailsTogetherMax).fill({ mail: given, ahead: 0 }), p_is_slow: false },
      { p_mails: [], p_is_slow: true },
    ],
    refused: [
      { p_mails: Array(limits.mailsTogetherMax + 1).fill({ mail: given, ahead: 0 }), p_is_slow: false },
      { p_mails: [{ mail: given, ahead: 0 }], p_is_slow: null },
      ...[null, {}, 'x', [null], [given], [{ mail: {}, ahead: 0 }], [{ mail: given, ahead: -1 }]].map(
        (p_mails) => ({
          p_mails,
          p_is_slow: false,
        }),
      ),
    ],
  },
  {
    name: 'inbound_email_figures',
    caller: 'service_role',
    taken: [
      { p_workspace: null, p_days: 1 },
      { p_workspace: 'w1', p_days: 30 },
    ],
    refused: [
      ...badWorkspaces.map((p_workspace) => ({ p_workspace, p_days: 7 })),
      ...[null, 0, 31].map((p_days) => ({ p_workspace: 'w1', p_days })),
    ],
  },
  {
    name: 'inbound_email_domains',
    caller: 'service_role',
    taken: [
      { p_workspace: null, p_day: null },
      { p_workspace: 'w1', p_day: 20_000 },
    ],
    refused: [
      ...badWorkspaces.map((p_workspace) => ({ p_workspace, p_day: null })),
      ...[-1, 2_932_897].map((p_day) => ({ p_workspace: 'w1', p_day })),
    ],
  },
  {
    name: 'inbound_email_list',
    caller: 'service_role',
    taken: [
      { p_workspace: null, p_state: null },
      { p_workspace: 'w1', p_state: 'queued' },
    ],
    refused: [
      ...badWorkspaces.map((p_workspace) => ({ p_workspace, p_state: null })),
      ...['', 'lost', long].map((p_state) => ({ p_workspace: 'w1', p_state })),
    ],
  },
  {
    name: 'inbound_email_allowance',
    caller: 'service_role',
    taken: [allowance, { ...allowance, p_domain: 'x'.repeat(253), p_sender: 'x'.repeat(320) }],
    refused: [
      ...badIds.map((p_workspace) => ({ ...allowance, p_workspace })),
      ...[null, '', 'x'.repeat(321)].map((p_sender) => ({ ...allowance, p_sender })),
      ...['', 'x'.repeat(254)].map((p_domain) => ({ ...allowance, p_domain })),
      { ...allowance, p_is_free_mail: null },
    ],
  },
  {
    name: 'inbound_email_count_edge',
    caller: 'service_role',
    taken: [
      { p_report: report, p_counts: [count] },
      { p_report: report, p_counts: ids(limits.mailEdgeCountsMax).map(() => count) },
    ],
    refused: [
      { p_report: null, p_counts: [count] },
      ...[null, {}, 'text', ids(501).map(() => count)].map((p_counts) => ({ p_report: report, p_counts })),
    ],
  },
  {
    name: 'inbound_email_settings_change',
    taken: [
      { p_workspace: 'w1', p_change: {} },
      {
        p_workspace: 'w1',
        p_change: {
          ...{ senderPerHour: limits.mailsOfOneMax, domainPerHour: limits.mailsOfOneMax },
          exemptSenders: ids(limits.mailExemptionsMax).map((id) => `${id}`.padEnd(320, 'x')),
          exemptDomains: ids(limits.mailExemptionsMax).map((id) => `${id}`.padEnd(253, 'x')),
        },
      },
    ],
    refused: [
      ...badIds.map((p_workspace) => ({ p_workspace, p_change: {} })),
      ...[
        ...[null, [], 'text', 7, { senderPerHour: 'many' }, { senderPerHour: -1 }, { domainPerHour: 1.5 }],
        ...[{ exemptSenders: 'all' }, { exemptDomains: ids(201).map(String) }],
      ].map((p_change) => ({ p_workspace: 'w1', p_change })),
    ],
  },
]
