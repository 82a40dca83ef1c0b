import { errorBodySchema } from '../../shared/contract/errors.ts'
import { jsonSchemaOf } from './openapi/json-schema.ts'
import type { Operation } from './openapi/operation.ts'
import { commonHeaders, errorExamples, operationObject } from './openapi/operation.ts'
import { originOperations } from './openapi/origin-operations.ts'
import { tags } from './openapi/tags.ts'
import { workerOperations } from './openapi/worker-operations.ts'
import type { Route } from './route.ts'

/**
 * The two servers of a deployment. The origin's address is not published here: who calls it knows it, and nobody shall be
 * led past the edge.
 */
const servers = {
  worker: { url: '/', description: 'The Worker, at the edge' },
  origin: {
    url: '{origin}',
    description: "The Node origin, for the CRM's backend and for operators",
    variables: {
      origin: {
        default: 'http://127.0.0.1:8788',
        description: "The origin's address; here that of the local stack.",
      },
    },
  },
}

const description = `Contact boards of a multi-tenant CRM, served from Cloudflare's edge.

Success is \`{"success": true, "data": …}\`, except for health and figures. An error is \`{"success": false, "error", "code", "details"?, "requestId"}\`; each operation lists the codes that it may answer, by status.

Operations belong to the Worker, unless they name the origin as their server. If both have the same path and method, one operation describes both.`

/**
 * The OpenAPI 3.1 document: the Worker's routes, and the origin's for others than the Worker, from the same schemas that
 * validate their requests.
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
          description: "A user's token, as Supabase Auth issues it.",
        },
        internalKey: { ...bearer, description: 'INTERNAL_AUTH_KEY, which the CRM’s backend holds.' },
        metricsToken: { ...bearer, description: 'METRICS_TOKEN, which only reads.' },
      },
      headers: commonHeaders,
      examples: errorExamples(operations),
      schemas: { Error: jsonSchemaOf(errorBodySchema, 'output') },
    },
  }
}

/** The operations of one path. Those of the origin say so, alone or beside the Worker's. */
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
