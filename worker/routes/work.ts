import type { z } from 'zod'
import type { WireError, WireErrorCode } from '../../shared/contract/errors.ts'
import { exportListSchema, exportSchema } from '../../shared/contract/exports.ts'
import { importListSchema, importSchema } from '../../shared/contract/imports.ts'
import { notificationPageSchema, notificationsMarkedSchema } from '../../shared/contract/notifications.ts'
import { snapshotListSchema } from '../../shared/contract/snapshots.ts'
import { workRoutes as declared } from '../../shared/contract/work-routes.ts'
import type { UserId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Reader, Writer } from '../auth/callers.ts'
import { respondJson } from '../http/answers.ts'
import type { Call } from '../http/route.ts'
import { defineRoute, type Route } from '../http/route.ts'
import type { OriginWrite } from '../outbound/origin-client.ts'

/*
 * Exports, imports, notifications and snapshots (shared/contract/work-routes.ts). The Worker admits the caller, refuses input that the
 * origin would refuse, and passes each call on to the same path of the origin, a write only once. Nothing of it is cached: what a job
 * has done must be seen at once, and a link opens its file to anybody.
 */

type Passing = Pick<Call<Pick<Writer, 'workspaceId' | 'caller'>, unknown>, 'services' | 'caller'>

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

const ofWrite = (errors: readonly WireErrorCode[]) => [...errors, 'write_unconfirmed'] as const
const oneOf = (list: string, { id }: { readonly id: string }) => `${list}/${encodeURIComponent(id)}`

/** The user whose notifications a caller asks for. The origin learns a member from their token, and the backend's choice from the path. */
function userOf({ userId }: Pick<Reader, 'userId'>): Result<UserId, WireError> {
  return userId === null ? err({ code: 'user_needed' }) : ok(userId)
}

const createExport = defineRoute({
  ...declared.createExport,
  status: 201,
  gives: declared.createExport.gives.schema,
  errors: ofWrite(declared.createExport.errors),
  handle: (call) =>
    write(
      call,
      exportSchema,
      { method: 'POST', path: declared.createExport.path, body: call.input.body },
      201,
    ),
})

const listExports = defineRoute({
  ...declared.listExports,
  gives: declared.listExports.gives.schema,
  handle: (call) => read(call, exportListSchema, declared.listExports.path),
})

const getExport = defineRoute({
  ...declared.getExport,
  gives: declared.getExport.gives.schema,
  handle: (call) => read(call, exportSchema, oneOf(declared.listExports.path, call.input.path)),
})

const listImports = defineRoute({
  ...declared.listImports,
  access: 'reader-or-service',
  gives: declared.listImports.gives.schema,
  handle: (call) => read(call, importListSchema, declared.listImports.path),
})

const getImport = defineRoute({
  ...declared.getImport,
  access: 'reader-or-service',
  gives: declared.getImport.gives.schema,
  handle: (call) => read(call, importSchema, oneOf(declared.listImports.path, call.input.path)),
})

const listNotifications = defineRoute({
  ...declared.listNotifications,
  access: 'reader-or-service',
  gives: declared.listNotifications.gives.schema,
  async handle(call) {
    const user = userOf(call.caller)
    if (!user.ok) return user
    const { unread, cursor } = call.input.query
    const query = { user: user.value, unread, ...(cursor === undefined ? {} : { cursor }) }
    const path = `${declared.listNotifications.path}?${new URLSearchParams(query)}`
    return read(call, notificationPageSchema, path)
  },
})

const markNotifications = defineRoute({
  ...declared.markNotifications,
  access: 'reader-or-service',
  gives: declared.markNotifications.gives.schema,
  errors: ofWrite(declared.markNotifications.errors),
  async handle(call) {
    const user = userOf(call.caller)
    if (!user.ok) return user
    return write(call, notificationsMarkedSchema, {
      method: 'POST',
      path: `${declared.markNotifications.path}?${new URLSearchParams({ user: user.value })}`,
      body: call.input.body,
    })
  },
})

const listSnapshots = defineRoute({
  ...declared.listSnapshots,
  access: 'reader-or-service',
  gives: declared.listSnapshots.gives.schema,
  handle: (call) => {
    const { period, limit } = call.input.query
    const path = `${declared.listSnapshots.path}?${new URLSearchParams({ period, limit: `${limit}` })}`
    return read(call, snapshotListSchema, path)
  },
})

export const workRoutes: readonly Route[] = [
  ...[createExport, listExports, getExport, listImports, getImport],
  ...[listNotifications, markNotifications, listSnapshots],
]
