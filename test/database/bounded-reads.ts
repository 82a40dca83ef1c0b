import { limits } from '../../shared/limits.ts'
import { type Bounded, badIds } from './bounded.ts'
import { folderOfAnn } from './bounded-backend-writes.ts'

/** The longest id. */
export const longest = 'x'.repeat(128)

/** The functions behind resources, besides those of boards and conversations. */
export const boundedReads: readonly Bounded[] = [
  ...['campaign_stats', 'segment_count'].map((name) => {
    const parameter = name === 'campaign_stats' ? 'p_campaign' : 'p_segment'
    return {
      name,
      taken: [],
      refused: badIds.flatMap((id) => [
        { p_workspace: id, [parameter]: 'one' },
        { p_workspace: 'w1', [parameter]: id },
      ]),
    }
  }),
  {
    name: 'dashboard',
    caller: 'service_role',
    taken: [{ p_workspace: 'w1', p_user: 'x'.repeat(128) }],
    refused: badIds.flatMap((id) => [
      { p_workspace: id, p_user: 'member' },
      { p_workspace: 'w1', p_user: id },
    ]),
  },
  {
    name: 'analytics',
    taken: [{ p_workspace: 'w1', p_days: limits.analyticsDaysMax }],
    refused: [
      ...badIds.map((id) => ({ p_workspace: id, p_days: 7 })),
      ...[null, 0, -1, limits.analyticsDaysMax + 1].map((p_days) => ({ p_workspace: 'w1', p_days })),
    ],
  },
  {
    name: 'permissions',
    taken: [{ p_workspace: 'w1', p_user: 'admin' }],
    refused: badIds.flatMap((id) => [
      { p_workspace: id, p_user: 'admin' },
      { p_workspace: 'w1', p_user: id },
    ]),
  },
  {
    name: 'mailbox',
    caller: 'service_role',
    taken: [
      { ...folderOfAnn, p_page: 1 },
      { ...folderOfAnn, p_page: limits.mailboxPageMax },
    ],
    refused: [
      ...badIds.flatMap((id) => [
        { ...folderOfAnn, p_workspace: id, p_page: 1 },
        { ...folderOfAnn, p_user: id, p_page: 1 },
        { ...folderOfAnn, p_folder: id, p_page: 1 },
      ]),
      ...[null, 0, -1, limits.mailboxPageMax + 1].map((p_page) => ({ ...folderOfAnn, p_page })),
    ],
  },
  {
    name: 'company_by_domain',
    taken: [{ p_workspace: 'w1', p_domain: 'a.b' }],
    refused: [
      ...badIds.map((id) => ({ p_workspace: id, p_domain: 'alder.example' })),
      ...[null, '', 'ab', 'x'.repeat(254)].map((p_domain) => ({ p_workspace: 'w1', p_domain })),
    ],
  },
  {
    name: 'company_communications',
    taken: [1, limits.communicationsMax].map((p_limit) => ({
      ...{ p_workspace: 'w1', p_company: longest, p_limit },
    })),
    refused: [
      ...badIds.flatMap((id) => [
        { p_workspace: id, p_company: 'x', p_limit: 1 },
        { p_workspace: 'w1', p_company: id, p_limit: 1 },
      ]),
      ...[null, 0, -1, limits.communicationsMax + 1].map((p_limit) => ({
        ...{ p_workspace: 'w1', p_company: 'x', p_limit },
      })),
    ],
  },
  ...['contact', 'lead', 'lead_status'].map((name) => ({
    name,
    taken: [{ p_workspace: 'w1', p_contact: 'w1-first' }],
    refused: badIds.flatMap((id) => [
      { p_workspace: id, p_contact: 'w1-first' },
      { p_workspace: 'w1', p_contact: id },
    ]),
  })),
  {
    name: 'contact_by_email',
    taken: [{ p_workspace: 'w1', p_addresses: ['a@b.example', 'x'.repeat(limits.emailCharactersMax)] }],
    refused: [
      ...badIds.map((id) => ({ p_workspace: id, p_addresses: ['a@b.example'] })),
      ...[null, [], [''], [null], ['x'.repeat(321)], ['a', 'b', 'c']].map((p_addresses) => ({
        ...{ p_workspace: 'w1', p_addresses },
      })),
    ],
  },
  {
    name: 'thread',
    taken: [{ p_workspace: 'w1', p_thread: longest }],
    refused: badIds.flatMap((id) => [
      { p_workspace: id, p_thread: 't1' },
      { p_workspace: 'w1', p_thread: id },
    ]),
  },
  {
    name: 'communication_attachments',
    taken: [{ p_workspace: 'w1', p_communication: longest }],
    refused: badIds.flatMap((id) => [
      { p_workspace: id, p_communication: 'e1' },
      { p_workspace: 'w1', p_communication: id },
    ]),
  },
  {
    name: 'lead_by_phone',
    taken: [{ p_workspace: 'w1', p_keys: ['555', 'x'.repeat(40), ...Array<string>(8).fill('1')] }],
    refused: [
      ...badIds.map((id) => ({ p_workspace: id, p_keys: ['555'] })),
      ...[null, [], [''], [null], ['x'.repeat(41)], Array<string>(11).fill('1')].map((p_keys) => ({
        ...{ p_workspace: 'w1', p_keys },
      })),
    ],
  },
  {
    name: 'organization_by_phone',
    caller: 'service_role',
    taken: [{ p_phone: '+4930123' }, { p_phone: `+${'4'.repeat(15)}` }],
    refused: [null, '', '+', '+123456', '4930123456', `+${'4'.repeat(16)}`, '+4930123\n'].map((p_phone) => ({
      p_phone,
    })),
  },
]
