import { z } from 'zod'
import { limits } from '../limits.ts'
import type { OriginRoute } from './origin-route.ts'
import {
  deliveryListQuerySchema,
  deliveryListSchema,
  deliveryPath,
  deliveryShownSchema,
  endpointBodies,
  endpointDeletedSchema,
  endpointListSchema,
  endpointPath,
  endpointShownSchema,
  endpointWithSecretSchema,
  webhookEventTypes,
} from './webhook-endpoints.ts'

const succeeding = <Data extends z.ZodType>(data: Data) =>
  ({ status: 200, schema: z.object({ success: z.literal(true), data }) }) as const
const creating = <Data extends z.ZodType>(data: Data) => ({ ...succeeding(data), status: 201 }) as const

/** `not_found` is the answer for an endpoint that does not exist, and to a backend that names no workspace that does. */
const errors = ['not_found', 'admin_required', 'overloaded', 'origin_unavailable', 'origin_timeout'] as const

const types = Object.entries(webhookEventTypes).map(([type, meaning]) => `\`${type}\` (${meaning})`)

const common = { access: 'service-or-admin', audience: 'worker' } as const
const list = '/api/v1/webhook-endpoints'
const one = `${list}/{id}` as const

/** The routes of webhook endpoints (contract/webhook-endpoints.ts), the same at the origin and at the Worker. */
export const webhookRoutes = {
  listWebhookEndpoints: {
    ...common,
    method: 'GET',
    path: list,
    summary: 'The webhook endpoints of the workspace',
    takes: {},
    gives: succeeding(endpointListSchema),
    errors,
  },
  createWebhookEndpoint: {
    ...common,
    method: 'POST',
    path: list,
    summary: 'Create a webhook endpoint',
    description: `A workspace has at most ${limits.webhookEndpointsMax}. Events are posted to its URL, signed after Standard Webhooks with the \`secret\` of this answer, which no later answer repeats. \`*\` stands for every type of event: ${types.join('; ')}. A URL whose host has a private address is refused when it is called, unless the deployment allows that network.`,
    takes: { body: endpointBodies.creation },
    gives: creating(endpointWithSecretSchema),
    errors: ['webhook_endpoints_full', ...errors],
  },
  getWebhookEndpoint: {
    ...common,
    method: 'GET',
    path: one,
    summary: 'A webhook endpoint',
    takes: { path: endpointPath },
    gives: succeeding(endpointShownSchema),
    errors,
  },
  changeWebhookEndpoint: {
    ...common,
    method: 'PATCH',
    path: one,
    summary: 'Change a webhook endpoint; omitted fields stay unchanged',
    description: 'Turning it on, or giving it another URL, forgets its failures.',
    takes: { path: endpointPath, body: endpointBodies.change },
    gives: succeeding(endpointShownSchema),
    errors,
  },
  deleteWebhookEndpoint: {
    ...common,
    method: 'DELETE',
    path: one,
    summary: 'Delete a webhook endpoint and its log',
    takes: { path: endpointPath },
    gives: succeeding(endpointDeletedSchema),
    errors,
  },
  rotateWebhookSecret: {
    ...common,
    method: 'POST',
    path: `${one}/rotate-secret`,
    summary: 'Give a webhook endpoint a new secret',
    description:
      'For `keepPreviousSeconds` each delivery is signed with the previous secret too, so that the receiver can change to the new one without missing any.',
    takes: { path: endpointPath, body: endpointBodies.rotation },
    gives: succeeding(endpointWithSecretSchema),
    errors,
  },
  testWebhookEndpoint: {
    ...common,
    method: 'POST',
    path: `${one}/test`,
    summary: 'Send an event `webhook.test` to a webhook endpoint',
    takes: { path: endpointPath },
    gives: creating(deliveryShownSchema),
    errors: ['webhook_endpoint_off', ...errors],
  },
  listWebhookDeliveries: {
    ...common,
    method: 'GET',
    path: `${one}/deliveries`,
    summary: 'The deliveries to a webhook endpoint, newest first',
    description: 'Successful ones are kept for 7 days, failed ones for 30.',
    takes: { path: endpointPath, query: deliveryListQuerySchema },
    gives: succeeding(deliveryListSchema),
    errors: ['invalid_parameter', ...errors],
  },
  resendWebhookDelivery: {
    ...common,
    method: 'POST',
    path: `${one}/deliveries/{deliveryId}/resend`,
    summary: 'Send a delivery again, under the same `webhook-id`',
    description: 'A delivery that still waits is left as it is.',
    takes: { path: deliveryPath },
    gives: succeeding(deliveryShownSchema),
    errors: ['webhook_endpoint_off', ...errors],
  },
} as const satisfies Readonly<Record<string, OriginRoute>>
