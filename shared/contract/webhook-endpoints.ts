import { z } from 'zod'
import { webhookEndpointIdSchema } from '../ids.ts'
import { instant } from '../instant.ts'
import { limits } from '../limits.ts'
import { storedId, storedInstant } from '../resources/stored-values.ts'
import { storableText, text } from '../text.ts'
import { wholeNumber } from '../whole-number.ts'
import { fromOpaqueText } from './cursor.ts'
import { webhookUrl } from './webhook-url.ts'

/**
 * The endpoints to which a workspace's events are sent, and the log of deliveries. Admins of the workspace and the CRM's backend, at
 * the Worker, which passes every call on to the same path of the origin:
 *
 *   GET    /api/v1/webhook-endpoints                                     → {endpoints}
 *   POST   /api/v1/webhook-endpoints                  EndpointCreation   → 201 {endpoint, secret}; 409 if there are too many
 *   GET    /api/v1/webhook-endpoints/{id}                                → {endpoint}
 *   PATCH  /api/v1/webhook-endpoints/{id}             EndpointChange     → {endpoint}
 *   DELETE /api/v1/webhook-endpoints/{id}                                → {id}
 *   POST   /api/v1/webhook-endpoints/{id}/rotate-secret  SecretRotation  → {endpoint, secret}
 *   POST   /api/v1/webhook-endpoints/{id}/test                           → 201 {delivery}
 *   GET    /api/v1/webhook-endpoints/{id}/deliveries?status=&per_page=&cursor=  → {deliveries, pagination}
 *   POST   /api/v1/webhook-endpoints/{id}/deliveries/{deliveryId}/resend → {delivery}
 *
 * A secret is in the answer of the call that made it and nowhere else.
 *
 * A delivery is a POST of `{"type", "timestamp", "data"}`, signed after Standard Webhooks 1.0. Its `webhook-id` is the id of the
 * event, the same for all attempts. An event is told at least once, and several may arrive in another order than they happened in.
 */

/** The events of this product. `data` has ids and counts: the receiver reads the rest through the API. */
export const webhookEventTypes = {
  'contact.created': 'Contacts were created: `contactIds`',
  'contact.updated': 'Contacts were changed: `contactIds`',
  'contact.moved': 'Contacts were moved to another column or board: `contactIds`',
  'contact.deleted': 'Contacts were deleted: `contactIds`',
  'message.created': 'Messages with leads were stored: `messages`, each with `id` and `conversationId`',
  'communication.created': 'Communications were stored: `communicationIds`',
  'notification.created': 'A notification was made for a user: `notificationId`, `userId`',
  'import.completed': 'An import has ended: `importId`',
  'export.completed': 'An export can be fetched: `exportId`',
  'webhook.test': 'Somebody asked for a test of the endpoint',
} as const

/** A type of this product or of the CRM's own: its backend adds a job `event` to the queue `webhooks`. */
export const eventTypeSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,31}(\.[a-z][a-z0-9_]{0,31}){1,3}$/,
    'must be words of a-z, digits and "_" with dots between them, such as contact.created',
  )
  .meta({ examples: ['contact.created'] })

const eventsSchema = z
  .array(z.union([z.literal('*'), eventTypeSchema]))
  .min(1)
  .max(limits.webhookEndpointEventsMax)
  .meta({ examples: [['contact.created', 'contact.moved']] })

const given = {
  url: webhookUrl,
  events: eventsSchema,
  description: text(1, limits.webhookDescriptionCharactersMax).nullable(),
  isEnabled: z.boolean(),
}

const endpointCreationSchema = z
  .strictObject({
    ...given,
    description: given.description.default(null),
    isEnabled: given.isEnabled.default(true),
  })
  .meta({
    examples: [{ url: 'https://crm.example.com/hooks', events: ['contact.created', 'contact.moved'] }],
  })
export type EndpointCreation = z.output<typeof endpointCreationSchema>

/** Turning an endpoint on forgets its failures. */
const endpointChangeSchema = z
  .strictObject(given)
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .meta({ examples: [{ isEnabled: false }] })
export type EndpointChange = z.output<typeof endpointChangeSchema>

/** With 0 the previous secret is no longer valid at once. */
const secretRotationSchema = z
  .strictObject({
    keepPreviousSeconds: z
      .int()
      .min(0)
      .max(limits.webhookPreviousSecretMaxSeconds)
      .default(limits.webhookPreviousSecretDefaultSeconds),
  })
  .meta({ examples: [{ keepPreviousSeconds: 86_400 }] })
export type SecretRotation = z.output<typeof secretRotationSchema>

const body = <Schema extends z.ZodType>(schema: Schema) => ({
  schema,
  bytesMax: limits.webhookEndpointBodyBytesMax,
})
/** The schema and the greatest size of each body, at the Worker and at the origin. */
export const endpointBodies = {
  creation: body(endpointCreationSchema),
  change: body(endpointChangeSchema),
  rotation: body(secretRotationSchema),
} as const

const deliveryIdSchema = z.uuid().meta({ examples: ['8d3b5a52-0c55-4b53-8d0e-2f0a2f4b9c11'] })
export const endpointPath = z.strictObject({ id: webhookEndpointIdSchema })
export const deliveryPath = z.strictObject({ id: webhookEndpointIdSchema, deliveryId: deliveryIdSchema })

/** The end of a page of deliveries: the next one begins after this delivery, whatever is added meanwhile. */
export const deliveryCursorSchema = z.strictObject({
  /** As Postgres writes an instant of UTC into JSON. */
  createdAt: instant.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?\+00:00$/),
  id: deliveryIdSchema,
})

const deliveryStatusSchema = z.enum(['waiting', 'delivered', 'failed'])

export const deliveryListQuerySchema = z.strictObject({
  status: deliveryStatusSchema.optional(),
  per_page: wholeNumber(1, limits.webhookDeliveriesPerPageMax).default(
    limits.webhookDeliveriesPerPageDefault,
  ),
  cursor: storableText(1, limits.cursorCharactersMax)
    .refine(
      (opaque) => fromOpaqueText(deliveryCursorSchema, opaque).ok,
      'must be a next_cursor of this route',
    )
    .optional(),
})
export type DeliveryListQuery = z.output<typeof deliveryListQuerySchema>

const webhookEndpointSchema = z.object({
  id: storedId,
  url: z.string(),
  description: z.string().nullable(),
  events: z.array(z.string()),
  isEnabled: z.boolean(),
  /** The reason if the deployment turned it off: the receiver answered 410, or has failed for too long. */
  stoppedBecause: z.enum(['gone', 'failing']).nullable(),
  /** Failures in a row. While `pausedUntil` is in the future, nothing is sent. */
  failures: z.int().nonnegative(),
  pausedUntil: storedInstant.nullable(),
  /** While this is in the future, deliveries are also signed with the secret before the last rotation. */
  previousSecretUntil: storedInstant.nullable(),
  createdAt: storedInstant,
  updatedAt: storedInstant,
})

/** One attempt. `status` is that of the receiver's answer; null if none came, and then `failure` says why. */
const deliveryAttemptSchema = z.object({
  at: storedInstant,
  status: z.int().nullable(),
  failure: z.string().nullable(),
  durationMs: z.number().nonnegative(),
})

const webhookDeliverySchema = z.object({
  id: deliveryIdSchema,
  endpointId: storedId,
  /** The `webhook-id`. */
  eventId: z.string(),
  type: z.string(),
  occurredAt: storedInstant,
  status: deliveryStatusSchema,
  /** All of them; `log` has the latest. */
  attempts: z.int().nonnegative(),
  log: z.array(deliveryAttemptSchema).max(limits.webhookAttemptsKeptMax),
  createdAt: storedInstant,
  completedAt: storedInstant.nullable(),
})

export const endpointListSchema = z.object({
  endpoints: z.array(webhookEndpointSchema).max(limits.webhookEndpointsMax),
})
export const endpointShownSchema = z.object({ endpoint: webhookEndpointSchema })
export const endpointWithSecretSchema = z.object({ endpoint: webhookEndpointSchema, secret: z.string() })
export const endpointDeletedSchema = z.object({ id: storedId })
export const deliveryShownSchema = z.object({ delivery: webhookDeliverySchema })
export const deliveryListSchema = z.object({
  deliveries: z.array(webhookDeliverySchema).max(limits.webhookDeliveriesPerPageMax),
  pagination: z.object({ next_cursor: z.string().nullable() }),
})
