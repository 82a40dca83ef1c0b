import { z } from 'zod'
import { callIdSchema, contactIdSchema, folderSchema, mailboxOwnerSchema, workspaceIdSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import {
  backendBodies,
  callSessionDeletedSchema,
  callSessionWrittenSchema,
  leadControlWrittenSchema,
  leadMessageWrittenSchema,
  mailboxFolderDeletedSchema,
  mailboxFolderWrittenSchema,
} from './backend-writes.ts'
import {
  contactBodies,
  contactCreationSchema,
  contactDeletedSchema,
  contactWrittenSchema,
  importReportSchema,
} from './contacts.ts'
import { inboundEmailRoutes } from './inbound-email-routes.ts'
import {
  boardListSchema,
  everythingMovedSchema,
  loadRequestSchema,
  membershipSchema,
  originHealthSchema,
  originMetricsSchema,
  workspaceNeedsSchema,
} from './origin.ts'
import type { OriginRoute } from './origin-route.ts'
import { queueRoutes } from './queue-routes.ts'
import { cacheSettingsChangeSchema, cacheSettingsSchema, savedSettingsSchema } from './settings.ts'
import { callOutcomeSchema, storedCallSchema } from './voice.ts'
import { webhookRoutes } from './webhook-routes.ts'
import { workRoutes } from './work-routes.ts'
import { listedWorkspacesSchema, workspacesQuerySchema } from './workspaces.ts'

const contactPath = z.strictObject({ id: contactIdSchema })
const callPath = z.strictObject({ id: callIdSchema })
const mailboxPath = z.strictObject({ userId: mailboxOwnerSchema, folder: folderSchema })
const workspacePath = z.strictObject({ id: workspaceIdSchema })
const workspaceBody = <Schema extends z.ZodType>(schema: Schema) => ({
  schema,
  bytesMax: limits.originSettingsBodyBytesMax,
})
const succeeding = <Data extends z.ZodType>(data: Data) => z.object({ success: z.literal(true), data })
const written = { status: 200, schema: succeeding(contactWrittenSchema) } as const

const queryErrors = ['overloaded', 'origin_unavailable', 'origin_timeout'] as const
/** `not_found` is also the answer to a backend that names a workspace that does not exist. */
const backendErrors = ['not_found', 'admin_required', ...queryErrors] as const

/** Every route of the origin, in the order in which they are mounted. */
const originRoutes = {
  health: {
    method: 'GET',
    path: '/health',
    summary: 'Whether the origin can reach its database, and the state of its relay',
    description: 'The status is 503, with the same body, while the database does not answer.',
    access: 'public',
    audience: 'callers',
    takes: {},
    gives: { status: 200, schema: originHealthSchema },
    errors: [],
  },
  importContacts: {
    method: 'POST',
    path: '/contacts/import',
    summary: 'Create or change many contacts, one JSON text on each line',
    description:
      'The answer is written line by line while the import runs. Its last line is `done`, or `stopped` with the number of the first line that was not written. Sending the lines from there on again is harmless. Two imports of a workspace run at the same time, and others wait for their turn.',
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
      'A request with an `id` of your own can be sent again safely: the repetition gets 409 and creates no second contact.',
    access: 'writer',
    audience: 'callers',
    takes: { body: contactBodies.creation },
    gives: { status: 201, schema: succeeding(contactWrittenSchema) },
    errors: ['contact_exists', 'column_not_found', ...queryErrors],
  },
  changeContact: {
    method: 'PATCH',
    path: '/contacts/{id}',
    summary: 'Change fields of a contact; omitted ones stay unchanged',
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
    summary: 'Move a contact to another column of its board or of another board',
    access: 'writer',
    audience: 'callers',
    takes: { path: contactPath, body: contactBodies.move },
    gives: written,
    errors: ['contact_not_found', 'column_not_found', ...queryErrors],
  },
  putMailboxFolder: {
    method: 'PUT',
    path: '/mailboxes/{userId}/{folder}',
    summary: "Put the messages of a folder of a user's mailbox",
    access: 'service-or-admin',
    audience: 'worker',
    takes: { path: mailboxPath, body: backendBodies.mailboxFolder },
    gives: { status: 200, schema: succeeding(mailboxFolderWrittenSchema) },
    errors: backendErrors,
  },
  deleteMailboxFolder: {
    method: 'DELETE',
    path: '/mailboxes/{userId}/{folder}',
    summary: "Delete a folder of a user's mailbox",
    access: 'service-or-admin',
    audience: 'worker',
    takes: { path: mailboxPath },
    gives: { status: 200, schema: succeeding(mailboxFolderDeletedSchema) },
    errors: backendErrors,
  },
  putLeadControl: {
    method: 'PUT',
    path: '/leads/{id}/control',
    summary: 'Say who answers a lead',
    access: 'service-or-admin',
    audience: 'worker',
    takes: { path: contactPath, body: backendBodies.leadControl },
    gives: { status: 200, schema: succeeding(leadControlWrittenSchema) },
    errors: ['contact_not_found', ...backendErrors],
  },
  createLeadMessage: {
    method: 'POST',
    path: '/leads/{id}/messages',
    summary: 'Add a message with a lead',
    access: 'service-or-admin',
    audience: 'worker',
    takes: { path: contactPath, body: backendBodies.leadMessage },
    gives: { status: 201, schema: succeeding(leadMessageWrittenSchema) },
    errors: ['contact_not_found', 'message_exists', 'conversation_exists', ...backendErrors],
  },
  putCallSession: {
    method: 'PUT',
    path: '/calls/{id}/session',
    summary: 'Begin or replace the session of a call',
    access: 'service-or-admin',
    audience: 'worker',
    takes: { path: callPath, body: backendBodies.session },
    gives: { status: 200, schema: succeeding(callSessionWrittenSchema) },
    errors: backendErrors,
  },
  changeCallSession: {
    method: 'PATCH',
    path: '/calls/{id}/session',
    summary: 'Change the session of a call; its state is merged (RFC 7396)',
    access: 'service-or-admin',
    audience: 'worker',
    takes: { path: callPath, body: backendBodies.sessionChange },
    gives: { status: 200, schema: succeeding(callSessionWrittenSchema) },
    errors: backendErrors,
  },
  deleteCallSession: {
    method: 'DELETE',
    path: '/calls/{id}/session',
    summary: 'End the session of a call',
    access: 'service-or-admin',
    audience: 'worker',
    takes: { path: callPath },
    gives: { status: 200, schema: succeeding(callSessionDeletedSchema) },
    errors: backendErrors,
  },
  moveEverything: {
    method: 'POST',
    path: '/deployment/move-everything',
    summary: 'Move the tags of all workspaces, so that no cached answer counts any more',
    access: 'internal-key',
    audience: 'worker',
    takes: {},
    gives: { status: 200, schema: succeeding(everythingMovedSchema) },
    errors: queryErrors,
  },
  listWorkspaces: {
    method: 'GET',
    path: '/deployment/workspaces',
    summary: 'A page of all workspaces, with their names',
    access: 'internal-key',
    audience: 'worker',
    takes: { query: workspacesQuerySchema },
    gives: { status: 200, schema: succeeding(listedWorkspacesSchema) },
    errors: queryErrors,
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    summary: "The metrics of the origin's process since its start",
    access: 'internal-key',
    audience: 'callers',
    takes: {},
    gives: { status: 200, schema: originMetricsSchema },
    errors: [],
  },
  storeCall: {
    method: 'POST',
    path: '/voice/calls',
    summary: 'Store the conversation and the summary of a call that has ended, once',
    access: 'internal-key',
    audience: 'worker',
    takes: { body: { schema: storedCallSchema, bytesMax: limits.storedCallBodyBytesMax } },
    gives: { status: 200, schema: succeeding(callOutcomeSchema) },
    errors: queryErrors,
  },
  ...inboundEmailRoutes,
  ...queueRoutes,
  load: {
    method: 'POST',
    path: '/load/{resource}',
    summary: "The bytes of a resource's `data`, as they are stored in an entry",
    access: 'reader',
    audience: 'worker',
    takes: {
      path: z.strictObject({ resource: z.string() }),
      body: { schema: loadRequestSchema, bytesMax: limits.loadBodyBytesMax },
    },
    gives: { status: 200, schema: z.unknown() },
    errors: [
      ...(['route_not_found', 'not_found', 'board_not_found', 'invalid_parameter', 'user_needed'] as const),
      ...(['user_mismatch', 'answer_too_large'] as const),
      ...queryErrors,
    ],
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
    access: 'reader',
    audience: 'worker',
    takes: { path: workspacePath },
    gives: { status: 200, schema: boardListSchema },
    errors: queryErrors,
  },
  needs: {
    method: 'GET',
    path: '/workspaces/{id}/needs',
    summary: 'The things of the workspace that a warm-up begins with',
    access: 'reader',
    audience: 'worker',
    takes: { path: workspacePath },
    gives: { status: 200, schema: workspaceNeedsSchema },
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
    summary: "Change the workspace's cache settings; omitted ones stay unchanged",
    access: 'member-in-workspace',
    audience: 'worker',
    takes: { path: workspacePath, body: workspaceBody(cacheSettingsChangeSchema) },
    gives: { status: 200, schema: savedSettingsSchema },
    errors: ['admin_required', ...queryErrors],
  },
  ...webhookRoutes,
  ...workRoutes,
} as const satisfies Readonly<Record<string, OriginRoute>>

export type OriginRouteName = keyof typeof originRoutes

/** Every declaration with its name. */
export const originRouteList: readonly (OriginRoute & { readonly name: OriginRouteName })[] = (
  Object.keys(originRoutes) as OriginRouteName[]
).map((name) => ({ ...originRoutes[name], name }))
