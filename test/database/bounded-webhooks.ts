import { limits } from '../../shared/limits.ts'
import { at, type Bounded, badIds, badLists, badObjects, ids } from './bounded.ts'

const uuid = '00000000-0000-4000-8000-000000000000'
export const secret = `whsec_${'A'.repeat(43)}=`
const badSecrets = [null, '', 'whsec_', 'A'.repeat(44), `whsec_${'A'.repeat(31)}`, `whsec_${'A'.repeat(43)}!`]
const of = { p_workspace: 'w1', p_endpoint: 'e1' }
const told = { id: 'e1', url: 'https://a.example/', events: ['*'], description: null, isEnabled: true }
const creation = { p_workspace: 'w1', p_created: told, p_secret: secret }
const update = (change: object) => ({ ...of, p_change: { ...change } })
const page = { ...of, p_status: null, p_after_at: null, p_after_id: null, p_rows_max: 1 }

const urlOf = (characters: number) => `https://a.example/${'x'.repeat(characters - 18)}`
const badUrls = [
  '',
  'ftp://a.example/',
  'a.example',
  'https://a b/',
  urlOf(limits.webhookUrlCharactersMax + 1),
]
const badTypes = [
  '',
  'contact',
  'Contact.created',
  'contact.',
  '.created',
  'contact created',
  null,
  'a.b.c.d.e',
]
const badFields = [
  ...badUrls.map((url) => ({ url })),
  ...[...badLists.slice(1), [], ids(limits.webhookEndpointEventsMax + 1).map((n) => `a.b${n}`)].map(
    (events) => ({
      events,
    }),
  ),
  ...badTypes.map((type) => ({ events: [type] })),
  ...['', 'x'.repeat(limits.webhookDescriptionCharactersMax + 1)].map((description) => ({ description })),
  ...[1, 'true'].map((isEnabled) => ({ isEnabled })),
]
const strangeWorkspaces = badIds.map((p_workspace) => ({ p_workspace }))
const strangeEndpoints = badIds.map((p_endpoint) => ({ p_endpoint }))
const strange = [...strangeWorkspaces, ...strangeEndpoints]

/** The functions for webhook endpoints (migrations, `webhook_endpoint_calls`). */
export const boundedWebhooks: readonly Bounded[] = [
  {
    name: 'webhook_endpoint_create',
    taken: [
      creation,
      {
        ...creation,
        p_created: {
          ...told,
          id: 'x'.repeat(128),
          url: urlOf(limits.webhookUrlCharactersMax),
          events: ids(limits.webhookEndpointEventsMax).map((n) => `a.b${n}`),
          description: 'x'.repeat(limits.webhookDescriptionCharactersMax),
        },
        p_secret: `whsec_${'A'.repeat(86)}==`,
      },
    ],
    refused: [
      ...strangeWorkspaces.map((other) => ({ ...creation, ...other })),
      ...badSecrets.map((p_secret) => ({ ...creation, p_secret })),
      ...badObjects.map((p_created) => ({ ...creation, p_created })),
      ...badIds.map((id) => ({ ...creation, p_created: { ...told, id } })),
      ...badFields.map((field) => ({ ...creation, p_created: { ...told, ...field } })),
    ],
  },
  {
    name: 'webhook_endpoint',
    taken: [of, { ...of, p_endpoint: 'x'.repeat(128) }],
    refused: strange.map((other) => ({ ...of, ...other })),
  },
  {
    name: 'webhook_endpoint_update',
    taken: [
      update({}),
      update({ description: null }),
      update({ url: urlOf(limits.webhookUrlCharactersMax) }),
    ],
    refused: [
      ...strange.map((other) => ({ ...update({}), ...other })),
      ...[null, [], 'text', 7].map((p_change) => ({ ...of, p_change })),
      ...badFields.map(update),
    ],
  },
  {
    name: 'webhook_endpoint_rotate',
    taken: [0, limits.webhookPreviousSecretMaxSeconds].map((p_keep_seconds) => ({
      ...of,
      p_secret: secret,
      p_keep_seconds,
    })),
    refused: [
      ...strange.map((other) => ({ ...of, p_secret: secret, p_keep_seconds: 0, ...other })),
      ...badSecrets.map((p_secret) => ({ ...of, p_secret, p_keep_seconds: 0 })),
      ...[null, -1, limits.webhookPreviousSecretMaxSeconds + 1].map((p_keep_seconds) => ({
        ...of,
        p_secret: secret,
        p_keep_seconds,
      })),
    ],
  },
  { name: 'webhook_endpoint_test', taken: [of], refused: strange.map((other) => ({ ...of, ...other })) },
  {
    name: 'webhook_deliveries',
    taken: [
      page,
      {
        ...page,
        p_status: 'failed',
        p_after_at: at,
        p_after_id: uuid,
        p_rows_max: limits.webhookDeliveriesPerPageMax + 1,
      },
    ],
    refused: [
      ...strange.map((other) => ({ ...page, ...other })),
      ...['', 'other'].map((p_status) => ({ ...page, p_status })),
      { ...page, p_after_at: at },
      { ...page, p_after_id: uuid },
      ...[null, 0, limits.webhookDeliveriesPerPageMax + 2].map((p_rows_max) => ({ ...page, p_rows_max })),
    ],
  },
  {
    name: 'webhook_delivery_resend',
    taken: [{ ...of, p_delivery: uuid }],
    refused: [
      ...strange.map((other) => ({ ...of, p_delivery: uuid, ...other })),
      { ...of, p_delivery: null },
    ],
  },
  {
    name: 'webhook_endpoint_delete',
    taken: [of],
    refused: strange.map((other) => ({ ...of, ...other })),
  },
]
