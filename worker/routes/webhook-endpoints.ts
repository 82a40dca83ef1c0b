import type { z } from 'zod'
import type { WireError, WireErrorCode } from '../../shared/contract/errors.ts'
import {
  type DeliveryListQuery,
  deliveryListSchema,
  deliveryShownSchema,
  endpointDeletedSchema,
  endpointListSchema,
  endpointShownSchema,
  endpointWithSecretSchema,
} from '../../shared/contract/webhook-endpoints.ts'
import { webhookRoutes } from '../../shared/contract/webhook-routes.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { Writer } from '../auth/callers.ts'
import { respondJson } from '../http/answers.ts'
import type { Call } from '../http/route.ts'
import { defineRoute, type Route } from '../http/route.ts'
import type { OriginWrite } from '../outbound/origin-client.ts'

/*
 * The webhook endpoints of a workspace (shared/contract/webhook-endpoints.ts), for its admins and the CRM's backend. The Worker admits the
 * caller, refuses input that the origin would refuse, and passes each call on to the same path of the origin, a write only once. The
 * answers may have secrets, so they are never cached.
 */

type Passing = Pick<Call<Writer, unknown>, 'services' | 'caller'>

async function read<Schema extends z.ZodType>(
  { services, caller: { workspaceId, caller } }: Passing,
  schema: Schema,
  path: string,
): Promise<Result<Response, WireError>> {
  return answered(await services.origin.read(schema, { path, workspaceId }, caller), 200)
}

async function write<Schema extends z.ZodType>(
  { services, caller: { workspaceId, caller } }: Passing,
  schema: Schema,
  outgoing: Omit<OriginWrite, 'workspaceId'>,
  status: 200 | 201 = 200,
): Promise<Result<Response, WireError>> {
  return answered(await services.origin.write(schema, { ...outgoing, workspaceId }, caller), status)
}

function answered(data: Result<unknown, WireError>, status: 200 | 201): Result<Response, WireError> {
  return data.ok ? ok(respondJson({ success: true, data: data.value }, status)) : data
}

const list = webhookRoutes.listWebhookEndpoints.path
const pathOf = ({ id }: { readonly id: string }, part = '') => `${list}/${encodeURIComponent(id)}${part}`

function searchOf({ status, per_page: perPage, cursor }: DeliveryListQuery): string {
  const search = new URLSearchParams({
    ...(status === undefined ? {} : { status }),
    per_page: String(perPage),
    ...(cursor === undefined ? {} : { cursor }),
  })
  return `?${search}`
}

const writeErrors = (errors: readonly WireErrorCode[]) => [...errors, 'write_unconfirmed'] as const

const listEndpoints = defineRoute({
  ...webhookRoutes.listWebhookEndpoints,
  gives: webhookRoutes.listWebhookEndpoints.gives.schema,
  handle: (call) => read(call, endpointListSchema, list),
})

const createEndpoint = defineRoute({
  ...webhookRoutes.createWebhookEndpoint,
  status: 201,
  gives: webhookRoutes.createWebhookEndpoint.gives.schema,
  errors: writeErrors(webhookRoutes.createWebhookEndpoint.errors),
  handle: (call) =>
    write(call, endpointWithSecretSchema, { method: 'POST', path: list, body: call.input.body }, 201),
})

const getEndpoint = defineRoute({
  ...webhookRoutes.getWebhookEndpoint,
  gives: webhookRoutes.getWebhookEndpoint.gives.schema,
  handle: (call) => read(call, endpointShownSchema, pathOf(call.input.path)),
})

const changeEndpoint = defineRoute({
  ...webhookRoutes.changeWebhookEndpoint,
  gives: webhookRoutes.changeWebhookEndpoint.gives.schema,
  errors: writeErrors(webhookRoutes.changeWebhookEndpoint.errors),
  handle: (call) =>
    write(call, endpointShownSchema, {
      method: 'PATCH',
      path: pathOf(call.input.path),
      body: call.input.body,
    }),
})

const deleteEndpoint = defineRoute({
  ...webhookRoutes.deleteWebhookEndpoint,
  gives: webhookRoutes.deleteWebhookEndpoint.gives.schema,
  errors: writeErrors(webhookRoutes.deleteWebhookEndpoint.errors),
  handle: (call) => write(call, endpointDeletedSchema, { method: 'DELETE', path: pathOf(call.input.path) }),
})

const rotateSecret = defineRoute({
  ...webhookRoutes.rotateWebhookSecret,
  gives: webhookRoutes.rotateWebhookSecret.gives.schema,
  errors: writeErrors(webhookRoutes.rotateWebhookSecret.errors),
  handle: (call) =>
    write(call, endpointWithSecretSchema, {
      method: 'POST',
      path: pathOf(call.input.path, '/rotate-secret'),
      body: call.input.body,
    }),
})

const testEndpoint = defineRoute({
  ...webhookRoutes.testWebhookEndpoint,
  status: 201,
  gives: webhookRoutes.testWebhookEndpoint.gives.schema,
  errors: writeErrors(webhookRoutes.testWebhookEndpoint.errors),
  handle: (call) =>
    write(call, deliveryShownSchema, { method: 'POST', path: pathOf(call.input.path, '/test') }, 201),
})

const listDeliveries = defineRoute({
  ...webhookRoutes.listWebhookDeliveries,
  gives: webhookRoutes.listWebhookDeliveries.gives.schema,
  handle: (call) => {
    const { path, query } = call.input
    return read(call, deliveryListSchema, pathOf(path, `/deliveries${searchOf(query)}`))
  },
})

const resendDelivery = defineRoute({
  ...webhookRoutes.resendWebhookDelivery,
  gives: webhookRoutes.resendWebhookDelivery.gives.schema,
  errors: writeErrors(webhookRoutes.resendWebhookDelivery.errors),
  handle: (call) => {
    const { deliveryId, ...of } = call.input.path
    return write(call, deliveryShownSchema, {
      method: 'POST',
      path: pathOf(of, `/deliveries/${encodeURIComponent(deliveryId)}/resend`),
    })
  },
})

export const webhookEndpointRoutes: readonly Route[] = [
  ...[listEndpoints, createEndpoint, getEndpoint, changeEndpoint, deleteEndpoint],
  ...[rotateSecret, testEndpoint, listDeliveries, resendDelivery],
]
