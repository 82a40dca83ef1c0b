import { limits } from '../../../shared/limits.ts'
import { internalAuthKey } from './origin-under-test.ts'

export const withKey = { Authorization: `Bearer ${internalAuthKey}` }

/** A route that reads a body, and the headers that carry a user's token to it. */
export interface Door {
  readonly route: string
  readonly method: string
  readonly path: string
  headers(token: string, workspaceId?: string): Record<string, string>
}

const contactRoutes = [
  { method: 'POST', path: '/contacts' },
  { method: 'PATCH', path: '/contacts/c1' },
  { method: 'POST', path: '/contacts/c1/move' },
  { method: 'POST', path: '/contacts/import' },
]

/** The routes where members write contacts with their own token. */
export const memberDoors: readonly Door[] = contactRoutes.map(({ method, path }) => ({
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
  ...[...contactRoutes, ...backendRoutes].map(({ method, path }) => ({
    route: `${method} ${path} on behalf of a member`,
    method,
    path,
    headers: (token: string, workspaceId = '15213') => ({
      ...withKey,
      'X-Workspace-ID': workspaceId,
      'X-Caller-Token': token,
    }),
  })),
  {
    route: 'POST /workspaces/{id}/settings',
    method: 'POST',
    path: '/workspaces/15213/settings',
    headers: (token) => ({ ...withKey, 'X-Caller-Token': token }),
  },
]

export const loadDoor: Door = {
  route: 'POST /load/{resource}',
  method: 'POST',
  path: '/load/contact-list',
  headers: (token) => ({ ...withKey, 'X-Caller-Token': token }),
}

/** The route where the Worker stores calls, in nobody's name: no user's token opens it. */
export const callDoor: Door = {
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
].map((path) => ({ route: `POST ${path}`, method: 'POST', path, headers: () => withKey }))

/** Every route of the origin that reads a body in a user's name. */
export const bodyDoors: readonly Door[] = [...memberDoors, ...internalDoors, loadDoor]

/** The greatest size of a body at each of their paths. */
export const bodyBytesMax: Readonly<Record<string, number>> = {
  '/contacts': limits.contactBodyBytesMax,
  '/contacts/c1': limits.contactBodyBytesMax,
  '/contacts/c1/move': limits.contactMoveBodyBytesMax,
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
