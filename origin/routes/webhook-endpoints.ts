import type { Handler } from 'hono'
import type { z } from 'zod'
import type { WireError } from '../../shared/contract/errors.ts'
import type { OriginRouteName } from '../../shared/contract/origin-routes.ts'
import {
  deliveryListQuerySchema,
  deliveryPath,
  endpointBodies,
} from '../../shared/contract/webhook-endpoints.ts'
import { webhookEndpointIdSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { Failure } from '../failures.ts'
import { parseBody, parseIdentifier, parsePath, parseQuery } from '../http/input.ts'
import type { OriginContext, OriginEnv } from '../http/respond.ts'
import { respondError } from '../http/respond.ts'
import type { EndpointsCaller, WebhookEndpoints } from '../outbound/webhook-endpoints.ts'
import { respondWritten, writerOf } from './written.ts'

type Answered = Promise<Result<unknown, Failure>>
type Parse<Input> = (context: OriginContext) => Result<Input, WireError> | Promise<Result<Input, WireError>>

interface OfBody<Schema extends z.ZodType> {
  readonly schema: Schema
  readonly bytesMax: number
}

/** The routes of shared/contract/webhook-routes.ts. */
export function webhookEndpointRoutes(endpoints: WebhookEndpoints) {
  return {
    listWebhookEndpoints: answering(() => ok(null), endpoints.list),
    createWebhookEndpoint: answering(
      (context) => parseBody(context, endpointBodies.creation.schema, endpointBodies.creation.bytesMax),
      endpoints.create,
      201,
    ),
    getWebhookEndpoint: answering(idOf, endpoints.get),
    changeWebhookEndpoint: answering(withBody(endpointBodies.change), (caller, [id, change]) =>
      endpoints.change(caller, id, change),
    ),
    deleteWebhookEndpoint: answering(idOf, endpoints.remove),
    rotateWebhookSecret: answering(withBody(endpointBodies.rotation), (caller, [id, rotation]) =>
      endpoints.rotate(caller, id, rotation),
    ),
    testWebhookEndpoint: answering(idOf, endpoints.test, 201),
    listWebhookDeliveries: answering(listOf, (caller, [id, query]) =>
      endpoints.deliveries(caller, id, query),
    ),
    resendWebhookDelivery: answering(deliveryOf, endpoints.resend),
  } satisfies Partial<Record<OriginRouteName, Handler<OriginEnv>>>
}

/** A route that answers what it does with its input for its caller. Like all that are about secrets, no cache may store it. */
function answering<Input>(
  parse: Parse<Input>,
  perform: (caller: EndpointsCaller, input: Input) => Answered,
  status: 200 | 201 = 200,
): Handler<OriginEnv> {
  return async (context) => {
    const input = await parse(context)
    if (!input.ok) return respondError(context, input.error)
    return respondWritten(context, await perform(writerOf(context), input.value), status)
  }
}

function idOf(context: OriginContext) {
  return parseIdentifier(webhookEndpointIdSchema, context.req.param('id'), 'id')
}

function withBody<Schema extends z.ZodType>({ schema, bytesMax }: OfBody<Schema>) {
  return async (context: OriginContext) => {
    const id = idOf(context)
    if (!id.ok) return id
    const body = await parseBody(context, schema, bytesMax)
    return body.ok ? ok([id.value, body.value] as const) : body
  }
}

function listOf(context: OriginContext) {
  const id = idOf(context)
  if (!id.ok) return id
  const query = parseQuery(context, deliveryListQuerySchema)
  return query.ok ? ok([id.value, query.value] as const) : query
}

function deliveryOf(context: OriginContext) {
  return parsePath(context, deliveryPath)
}
