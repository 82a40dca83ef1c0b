import { errorBodySchema } from '../../shared/contract/errors.ts'
import { voiceSecretHeader, voiceSignatureHeader } from '../auth/voice-platform.ts'
import { jsonSchemaOf } from './openapi/json-schema.ts'
import type { Operation } from './openapi/operation.ts'
import { commonHeaders, errorExamples, operationObject } from './openapi/operation.ts'
import { originOperations } from './openapi/origin-operations.ts'
import { tags } from './openapi/tags.ts'
import { workerOperations } from './openapi/worker-operations.ts'
import type { Route } from './route.ts'

/**
 * The two servers of a deployment. The document does not publish the origin's address: its callers know it, and no other caller
 * should bypass the edge.
 */
const servers = {
  worker: { url: '/', description: 'The Worker, at the edge' },
  origin: {
    url: '{origin}',
    description: "The Node origin, for the CRM's backend and for operators",
    variables: {
      origin: {
        default: 'http://127.0.0.1:8788',
        description: "The origin's address. The default is that of the local stack.",
      },
    },
  },
}

const description = `Contact boards of a multi-tenant CRM, served from Cloudflare's edge.

A success is \`{"success": true, "data": …}\`, except for health and metrics. An error is \`{"success": false, "error", "code", "details"?, "requestId"}\`; each operation lists its codes by status.

An operation belongs to the Worker unless it names the origin as its server. If both servers have the same path and method, one operation describes both.`

/**
 * Creates the OpenAPI 3.1 document from the schemas that validate requests. It has the Worker's routes, and those of the origin
 * that callers other than the Worker use.
 */
export function openApiDocument(routes: readonly Route[]): object {
  const operations = [...workerOperations(routes), ...originOperations()]
  const paths = [...Map.groupBy(operations, ({ path }) => path)].map(([path, ofPath]) => [
    path,
    pathItem(ofPath),
  ])
  const bearer = { type: 'http', scheme: 'bearer' }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Boardcache',
      version: '1.0.0',
      description,
      license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
    },
    servers: [servers.worker],
    tags,
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: {
        member: {
          ...bearer,
          bearerFormat: 'JWT',
          description: "A user's JWT, as Supabase Auth issues it.",
        },
        internalKey: { ...bearer, description: 'INTERNAL_AUTH_KEY, which the CRM’s backend holds.' },
        voiceSecret: {
          ...{ type: 'apiKey', in: 'header', name: voiceSecretHeader },
          description: 'VOICE_WEBHOOK_SECRET. It may be sent as a bearer token instead.',
        },
        voiceSignature: {
          ...{ type: 'apiKey', in: 'header', name: voiceSignatureHeader },
          description:
            '`t=<seconds>,v0=<HMAC-SHA256 of "<seconds>.<body>" in hexadecimal>`, as ElevenLabs signs.',
        },
        emailSecret: { ...bearer, description: 'EMAIL_WEBHOOK_SECRET.' },
        webhookSignature: {
          ...{ type: 'apiKey', in: 'header', name: 'webhook-signature' },
          description: 'A signature after Standard Webhooks 1.0, made with EMAIL_WEBHOOK_SECRET.',
        },
        metricsToken: { ...bearer, description: 'METRICS_TOKEN, which gives read access only.' },
      },
      headers: commonHeaders,
      examples: errorExamples(operations),
      schemas: { Error: jsonSchemaOf(errorBodySchema, 'output') },
    },
  }
}

/** The operations of one path. An operation of the origin names its servers. */
function pathItem(operations: readonly Operation[]): object {
  const isOrigins = operations.every(({ server }) => server === 'origin')
  const byMethod = [...Map.groupBy(operations, ({ method }) => method.toLowerCase())]
  const objects = byMethod.map(([method, [first, ...others]]) => {
    if (first === undefined) throw new Error('a group has a first member')
    const isBoth = others.length > 0
    const served = isBoth ? { servers: [servers.worker, servers.origin] } : {}
    return [method, { ...operationObject([first, ...others]), ...served }]
  })
  return { ...(isOrigins ? { servers: [servers.origin] } : {}), ...Object.fromEntries(objects) }
}
