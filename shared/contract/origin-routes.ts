import { z } from 'zod'
import { contactIdSchema, workspaceIdSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import {
  contactBodies,
  contactCreationSchema,
  contactDeletedSchema,
  contactWrittenSchema,
  importReportSchema,
} from './contacts.ts'
import type { WireErrorCode } from './errors.ts'
import {
  boardListSchema,
  loadRequestSchema,
  membershipSchema,
  originHealthSchema,
  originMetricsSchema,
} from './origin.ts'
import { cacheSettingsChangeSchema, cacheSettingsSchema, savedSettingsSchema } from './settings.ts'

/**
 * How a route of the origin lets its callers in. `writer`: a member with their own JWT, or a holder of the internal key;
 * `member`: the internal key, on behalf of the user whose JWT is in `X-Caller-Token`; `reader`: the same, or without that token on
 * behalf of the CRM's backend; `member-in-workspace`: the user must be a member of the workspace in the path as well.
 */
export type OriginAccess = 'public' | 'internal-key' | 'writer' | 'member' | 'reader' | 'member-in-workspace'

/** One route of the origin: it is mounted by this declaration, and documented by it. */
export interface OriginRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** With `{parameter}`s. */
  readonly path: string
  readonly summary: string
  readonly description?: string
  readonly access: OriginAccess
  /** Whether others than the Worker call it: those routes are in the OpenAPI document. */
  readonly audience: 'callers' | 'worker'
  readonly takes: {
    readonly path?: z.ZodObject
    readonly body?: { readonly schema: z.ZodType; readonly bytesMax: number }
    /** Instead of a body that is one JSON text: as many as the caller likes, one a line. */
    readonly lines?: z.ZodType
  }
  /** The whole body of a success; with `lines` in it, one line of it. */
  readonly gives: { readonly status: 200 | 201; readonly schema: z.ZodType; readonly isLines?: true }
  /** What can go wrong besides what its access and its body bring with them. */
  readonly errors: readonly WireErrorCode[]
}

const contactPath = z.strictObject({ id: contactIdSchema })
const workspacePath = z.strictObject({ id: workspaceIdSchema })
const workspaceBody = <Schema extends z.ZodType>(schema: Schema) => ({
  schema,
  bytesMax: limits.originSettingsBodyBytesMax,
})
const succeeding = <Data extends z.ZodType>(data: Data) => z.object({ success: z.literal(true), data })
const written = { status: 200, schema: succeeding(contactWrittenSchema) } as const

const queryErrors = ['overloaded', 'origin_unavailable', 'origin_timeout'] as const

/** Every route of the origin, in the order in which they are mounted. */
const originRoutes = {
  health: {
    method: 'GET',
    path: '/health',
    summary: 'Whether the origin can reach its database, and how its relay stands',
    description: 'Answers 503 with the same body while the database does not answer.',
    access: 'public',
    audience: 'callers',
    takes: {},
    gives: { status: 200, schema: originHealthSchema },
    errors: [],
  },
  importContacts: {
    method: 'POST',
    path: '/contacts/import',
    summary: 'Create or change many contacts, one JSON text a line',
    description:
      'Answers line by line while it works. The last line is `done`, or `stopped` with the first line that was not written; sending those lines again is harmless. Two imports of a workspace run at once, others wait for their turn.',
    access: 'writer',
    audience: 'callers',
    takes: { lines: contactCreationSchema },
    gives: { status: 200, schema: importReportSchema, isLines: true },
    errors: queryErrors,
  },
  createContact: {
    method: 'POST',
    path: '/contacts',
    summary: 'Create a contact',
    description:
      'Give it an `id` of your own to be able to send the request again: a repeated one is then a 409 and makes no second contact.',
    access: 'writer',
    audience: 'callers',
    takes: { body: contactBodies.creation },
    gives: { status: 201, schema: succeeding(contactWrittenSchema) },
    errors: ['contact_exists', 'column_not_found', ...queryErrors],
  },
  changeContact: {
    method: 'PATCH',
    path: '/contacts/{id}',
    summary: 'Change fields of a contact; what is left out stays',
    access: 'writer',
    audience: 'callers',
    takes: { path: contactPath, body: contactBodies.change },
    gives: written,
    errors: ['contact_not_found', ...queryErrors],
  },
  deleteContact: {
    method: 'DELETE',
    path: '/contacts/{id}',
    summary: 'Delete a contact',
    access: 'writer',
    audience: 'callers',
    takes: { path: contactPath },
    gives: { status: 200, schema: succeeding(contactDeletedSchema) },
    errors: ['contact_not_found', ...queryErrors],
  },
  moveContact: {
    method: 'POST',
    path: '/contacts/{id}/move',
    summary: 'Move a contact to another column, of its own board or of another one',
    access: 'writer',
    audience: 'callers',
    takes: { path: contactPath, body: contactBodies.move },
    gives: written,
    errors: ['contact_not_found', 'column_not_found', ...queryErrors],
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    summary: "The figures of this origin's process since its start",
    access: 'internal-key',
    audience: 'callers',
    takes: {},
    gives: { status: 200, schema: originMetricsSchema },
    errors: [],
  },
  load: {
    method: 'POST',
    path: '/load/{resource}',
    summary: "The bytes of a resource's `data`, as an entry keeps them",
    access: 'reader',
    audience: 'worker',
    takes: {
      path: z.strictObject({ resource: z.string() }),
      body: { schema: loadRequestSchema, bytesMax: limits.loadBodyBytesMax },
    },
    gives: { status: 200, schema: z.unknown() },
    errors: ['route_not_found', 'not_found', 'board_not_found', 'answer_too_large', ...queryErrors],
  },
  membership: {
    method: 'GET',
    path: '/workspaces/{id}/membership',
    summary: "The caller's role in the workspace, or null",
    access: 'member',
    audience: 'worker',
    takes: { path: workspacePath },
    gives: { status: 200, schema: membershipSchema },
    errors: queryErrors,
  },
  boards: {
    method: 'GET',
    path: '/workspaces/{id}/boards',
    summary: "The workspace's boards",
    access: 'member',
    audience: 'worker',
    takes: { path: workspacePath },
    gives: { status: 200, schema: boardListSchema },
    errors: queryErrors,
  },
  settings: {
    method: 'GET',
    path: '/workspaces/{id}/settings',
    summary: "The workspace's cache settings",
    access: 'reader',
    audience: 'worker',
    takes: { path: workspacePath },
    gives: { status: 200, schema: cacheSettingsSchema },
    errors: queryErrors,
  },
  changeSettings: {
    method: 'POST',
    path: '/workspaces/{id}/settings',
    summary: "Change the workspace's cache settings; what is left out stays",
    access: 'member-in-workspace',
    audience: 'worker',
    takes: { path: workspacePath, body: workspaceBody(cacheSettingsChangeSchema) },
    gives: { status: 200, schema: savedSettingsSchema },
    errors: ['admin_required', ...queryErrors],
  },
} as const satisfies Readonly<Record<string, OriginRoute>>

export type OriginRouteName = keyof typeof originRoutes

/** The declarations without their names, each as what every route of the origin is. */
export const originRouteList: readonly (OriginRoute & { readonly name: OriginRouteName })[] = (
  Object.keys(originRoutes) as OriginRouteName[]
).map((name) => ({ ...originRoutes[name], name }))
