import { randomBytes, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { fromOpaqueText, toOpaqueText } from '../../shared/contract/cursor.ts'
import {
  type DeliveryListQuery,
  deliveryCursorSchema,
  deliveryListSchema,
  deliveryShownSchema,
  type EndpointChange,
  type EndpointCreation,
  type endpointDeletedSchema,
  endpointListSchema,
  endpointShownSchema,
  type endpointWithSecretSchema,
  type SecretRotation,
} from '../../shared/contract/webhook-endpoints.ts'
import type { WebhookEndpointId, WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { RpcArguments } from '../database/database.ts'
import type { Queries } from '../database/queries.ts'
import type { Failure } from '../failures.ts'

/** The admin, or the CRM's backend with a null token, in whose name the database is called. It decides whether they may. */
export interface EndpointsCaller {
  readonly callerToken: string | null
  readonly callerKey: string
  readonly workspaceId: WorkspaceId
}

type Answer<Schema extends z.ZodType> = Promise<Result<z.output<Schema>, Failure>>

/** The webhook endpoints of a workspace and their deliveries (shared/contract/webhook-endpoints.ts). */
export interface WebhookEndpoints {
  list(caller: EndpointsCaller): Answer<typeof endpointListSchema>
  get(caller: EndpointsCaller, id: WebhookEndpointId): Answer<typeof endpointShownSchema>
  create(caller: EndpointsCaller, creation: EndpointCreation): Answer<typeof endpointWithSecretSchema>
  change(
    caller: EndpointsCaller,
    id: WebhookEndpointId,
    change: EndpointChange,
  ): Answer<typeof endpointShownSchema>
  remove(caller: EndpointsCaller, id: WebhookEndpointId): Answer<typeof endpointDeletedSchema>
  rotate(
    caller: EndpointsCaller,
    id: WebhookEndpointId,
    rotation: SecretRotation,
  ): Answer<typeof endpointWithSecretSchema>
  test(caller: EndpointsCaller, id: WebhookEndpointId): Answer<typeof deliveryShownSchema>
  deliveries(
    caller: EndpointsCaller,
    id: WebhookEndpointId,
    query: DeliveryListQuery,
  ): Answer<typeof deliveryListSchema>
  resend(
    caller: EndpointsCaller,
    of: { readonly id: WebhookEndpointId; readonly deliveryId: string },
  ): Answer<typeof deliveryShownSchema>
}

/** 256 bits, as Standard Webhooks 1.0 advises (24 to 64 bytes). */
const secretBytes = 32
const makeSecret = () => `whsec_${randomBytes(secretBytes).toString('base64')}`

const removedSchema = z.object({})
const pageSchema = deliveryListSchema.pick({ deliveries: true }).extend({
  // One more than a page shows whether another page follows.
  deliveries: deliveryListSchema.shape.deliveries.element.array(),
})

export function createWebhookEndpoints(queries: Queries): WebhookEndpoints {
  function call<Schema extends z.ZodType>(
    caller: EndpointsCaller,
    schema: Schema,
    functionName: string,
    args: RpcArguments = {},
  ): Answer<Schema> {
    return queries.perform({
      ...caller,
      name: 'webhook-endpoints',
      queryClass: 'writes',
      perform: (query) => query(schema, functionName, { p_workspace: caller.workspaceId, ...args }),
    })
  }

  return {
    list: (caller) => call(caller, endpointListSchema, 'webhook_endpoints'),
    get: (caller, id) => call(caller, endpointShownSchema, 'webhook_endpoint', { p_endpoint: id }),
    async create(caller, creation) {
      const secret = makeSecret()
      const created = await call(caller, endpointShownSchema, 'webhook_endpoint_create', {
        p_created: { ...creation, id: randomUUID() },
        p_secret: secret,
      })
      return created.ok ? ok({ ...created.value, secret }) : created
    },
    change: (caller, id, change) =>
      call(caller, endpointShownSchema, 'webhook_endpoint_update', { p_endpoint: id, p_change: change }),
    async remove(caller, id) {
      const removed = await call(caller, removedSchema, 'webhook_endpoint_delete', { p_endpoint: id })
      return removed.ok ? ok({ id }) : removed
    },
    async rotate(caller, id, { keepPreviousSeconds }) {
      const secret = makeSecret()
      const rotated = await call(caller, endpointShownSchema, 'webhook_endpoint_rotate', {
        p_endpoint: id,
        p_secret: secret,
        p_keep_seconds: keepPreviousSeconds,
      })
      return rotated.ok ? ok({ ...rotated.value, secret }) : rotated
    },
    test: (caller, id) => call(caller, deliveryShownSchema, 'webhook_endpoint_test', { p_endpoint: id }),
    async deliveries(caller, id, { status, per_page: perPage, cursor }) {
      const after = cursor === undefined ? ok(null) : fromOpaqueText(deliveryCursorSchema, cursor)
      if (!after.ok) return err({ kind: 'invalid_cursor' })
      const page = await call(caller, pageSchema, 'webhook_deliveries', {
        p_endpoint: id,
        p_status: status ?? null,
        p_after_at: after.value?.createdAt ?? null,
        p_after_id: after.value?.id ?? null,
        p_rows_max: perPage + 1,
      })
      return page.ok ? ok(pageOf(page.value.deliveries, perPage)) : page
    },
    resend: (caller, { id, deliveryId }) =>
      call(caller, deliveryShownSchema, 'webhook_delivery_resend', {
        p_endpoint: id,
        p_delivery: deliveryId,
      }),
  }
}

type Deliveries = z.output<typeof deliveryListSchema>['deliveries']

function pageOf(found: Deliveries, perPage: number): z.output<typeof deliveryListSchema> {
  const deliveries = found.slice(0, perPage)
  const last = deliveries.at(-1)
  const next =
    last === undefined || found.length <= perPage
      ? null
      : toOpaqueText({ createdAt: last.createdAt, id: last.id })
  return { deliveries, pagination: { next_cursor: next } }
}
