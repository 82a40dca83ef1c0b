import { workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { createMemoryFiles } from '../../support/memory-files.ts'
import { createStubQueues } from '../../support/stub-queues.ts'
import { createOrigin, internalAuthKey, nowMs } from './origin-under-test.ts'

export const withKey = { Authorization: `Bearer ${internalAuthKey}` }

/** A route that reads a body, and the headers that carry a user's token to it. */
export interface Door {
  readonly route: string
  readonly method: string
  readonly path: string
  /** The error for a user with a valid token who has no right to the route. */
  readonly refusal: 'not_a_member' | 'operator_required' | 'invalid_body'
  /** Whether the body is used as it arrives, so that it has neither the deadline nor the small bound of others. */
  readonly isStreamed: boolean
  headers(token: string, workspaceId?: string): Record<string, string>
}

/** The tests' origin with all that the routes need to read their bodies: queues, files, and operators, of whom Alice is one. */
export function createOriginWithDoors(options: Parameters<typeof createOrigin>[0]) {
  return createOrigin({
    operatorsWorkspaceId: workspaceIdSchema.parse('15213'),
    files: { store: createMemoryFiles(), served: null },
    queueBackend: {
      queues: createStubQueues(nowMs),
      database: { query: () => Promise.reject(new Error('no database')) },
      boardQueues: () => [],
      close: async () => undefined,
    },
    ...options,
  })
}

const ofMembers = { refusal: 'not_a_member', isStreamed: false } as const

/** The routes of contacts and of jobs, which the origin offers to users as well as to the Worker. */
const callersRoutes = [
  { ...ofMembers, method: 'POST', path: '/contacts' },
  { ...ofMembers, method: 'PATCH', path: '/contacts/c1' },
  { ...ofMembers, method: 'POST', path: '/contacts/c1/move' },
  { ...ofMembers, method: 'POST', path: '/contacts/import', isStreamed: true },
  { ...ofMembers, method: 'POST', path: '/contacts/import/jobs', isStreamed: true },
  { ...ofMembers, method: 'POST', path: '/api/v1/queues/messages/jobs' },
  { ...ofMembers, method: 'POST', path: '/api/v1/queues/messages/clean', refusal: 'operator_required' },
] as const

/** The routes where members write with their own token. */
export const memberDoors: readonly Door[] = callersRoutes.map(({ method, path, ...door }) => ({
  ...door,
  route: `${method} ${path} as a member`,
  method,
  path,
  headers: (token, workspaceId = '15213') => ({
    'X-Workspace-ID': workspaceId,
    Authorization: `Bearer ${token}`,
  }),
}))

/** The routes where the Worker passes on the writes of the backend and of admins. */
export const backendRoutes = [
  { method: 'PUT', path: '/mailboxes/u1/inbox' },
  { method: 'PUT', path: '/leads/c1/control' },
  { method: 'POST', path: '/leads/c1/messages' },
  { method: 'PUT', path: '/calls/c1/session' },
  { method: 'PATCH', path: '/calls/c1/session' },
  { method: 'POST', path: '/inbound-email/settings' },
  { method: 'POST', path: '/api/v1/exports' },
  { method: 'POST', path: '/api/v1/notifications/read' },
  { method: 'POST', path: '/api/v1/webhook-endpoints' },
  { method: 'PATCH', path: '/api/v1/webhook-endpoints/e1' },
  { method: 'POST', path: '/api/v1/webhook-endpoints/e1/rotate-secret' },
] as const

/** The routes where the Worker, or the backend on behalf of a member, writes. */
export const internalDoors: readonly Door[] = [
  ...[...callersRoutes, ...backendRoutes.map((route) => ({ ...ofMembers, ...route }))].map(
    ({ method, path, ...door }) => ({
      ...door,
      route: `${method} ${path} on behalf of a member`,
      method,
      path,
      headers: (token: string, workspaceId = '15213') => ({
        ...withKey,
        'X-Workspace-ID': workspaceId,
        'X-Caller-Token': token,
      }),
    }),
  ),
  {
    ...ofMembers,
    route: 'POST /workspaces/{id}/settings',
    method: 'POST',
    path: '/workspaces/15213/settings',
    headers: (token) => ({ ...withKey, 'X-Caller-Token': token }),
  },
]

export const loadDoor: Door = {
  refusal: 'invalid_body',
  isStreamed: false,
  route: 'POST /load/{resource}',
  method: 'POST',
  path: '/load/contact-list',
  headers: (token) => ({ ...withKey, 'X-Caller-Token': token }),
}

/** The route where the Worker stores calls, in nobody's name: no user's token opens it. */
export const callDoor: Door = {
  ...ofMembers,
  route: 'POST /voice/calls',
  method: 'POST',
  path: '/voice/calls',
  headers: () => withKey,
}

/** The routes where the Worker brings mail, in nobody's name. */
export const mailDoors: readonly Door[] = [
  '/inbound-email/messages',
  '/inbound-email/mime',
  '/inbound-email/edge-counts',
  '/inbound-email/allowance',
].map((path) => ({ ...ofMembers, route: `POST ${path}`, method: 'POST', path, headers: () => withKey }))

/** Every route of the origin that reads a body in a user's name. */
export const bodyDoors: readonly Door[] = [...memberDoors, ...internalDoors, loadDoor]

/** The greatest size of a body at each of their paths. */
export const bodyBytesMax: Readonly<Record<string, number>> = {
  '/contacts': limits.contactBodyBytesMax,
  '/contacts/c1': limits.contactBodyBytesMax,
  '/contacts/c1/move': limits.contactMoveBodyBytesMax,
  '/api/v1/queues/messages/jobs': limits.jobsBodyBytesMax,
  '/api/v1/queues/messages/clean': limits.cleanBodyBytesMax,
  '/mailboxes/u1/inbox': limits.mailboxBodyBytesMax,
  '/leads/c1/control': limits.leadControlBodyBytesMax,
  '/leads/c1/messages': limits.leadMessageBodyBytesMax,
  '/calls/c1/session': limits.callSessionBodyBytesMax,
  '/inbound-email/settings': limits.mailSettingsBodyBytesMax,
  '/api/v1/exports': limits.exportBodyBytesMax,
  '/api/v1/notifications/read': limits.notificationsReadBodyBytesMax,
  '/api/v1/webhook-endpoints': limits.webhookEndpointBodyBytesMax,
  '/api/v1/webhook-endpoints/e1': limits.webhookEndpointBodyBytesMax,
  '/api/v1/webhook-endpoints/e1/rotate-secret': limits.webhookEndpointBodyBytesMax,
  '/load/contact-list': limits.loadBodyBytesMax,
  '/workspaces/15213/settings': limits.originSettingsBodyBytesMax,
}
