import type { Handler } from 'hono'
import type { WireError } from '../../shared/contract/errors.ts'
import { exportBody } from '../../shared/contract/exports.ts'
import {
  notificationsReadBody,
  originNotificationsQuerySchema,
  originNotificationsReadQuerySchema,
} from '../../shared/contract/notifications.ts'
import type { OriginRouteName } from '../../shared/contract/origin-routes.ts'
import { snapshotListSchema, snapshotsQuerySchema } from '../../shared/contract/snapshots.ts'
import { exportIdSchema, importIdSchema, type UserId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { callerOf } from '../auth/credentials.ts'
import type { ImportTurns } from '../contacts/import-turns.ts'
import type { Failure } from '../failures.ts'
import { announcesMore, parseBody, parseIdentifier, parseQuery } from '../http/input.ts'
import type { OriginContext, OriginEnv } from '../http/respond.ts'
import { respondError, respondFailure } from '../http/respond.ts'
import type { Writer } from '../outbox/delivered-writes.ts'
import type { CallOfWriter } from '../work/call-of-writer.ts'
import type { Exports } from '../work/exports.ts'
import type { Imports } from '../work/imports.ts'
import type { Notifications } from '../work/notifications.ts'
import { respondWritten, writerOf } from './written.ts'

interface WorkParts {
  readonly exports: Exports
  readonly imports: Imports
  readonly importTurns: ImportTurns
  readonly notifications: Notifications
  readonly call: CallOfWriter
}

/** The routes of shared/contract/work-routes.ts. */
export function workRoutes({ exports, imports, importTurns, notifications, call }: WorkParts) {
  return {
    createExport: answering(
      (context) => parseBody(context, exportBody.schema, exportBody.bytesMax),
      exports.create,
      201,
    ),
    listExports: answering(() => ok(null), exports.list),
    getExport: answering(
      (context) => parseIdentifier(exportIdSchema, context.req.param('id'), 'id'),
      exports.get,
    ),
    createImport: createImportRoute(imports, importTurns),
    listImports: answering(() => ok(null), imports.list),
    getImport: answering(
      (context) => parseIdentifier(importIdSchema, context.req.param('id'), 'id'),
      imports.get,
    ),
    listNotifications: answering(ofPage, (writer, [userId, query]) =>
      notifications.page(writer, userId, query),
    ),
    markNotifications: answering(ofMark, (writer, [userId, read]) =>
      notifications.mark(writer, userId, read),
    ),
    listSnapshots: answering(
      (context) => parseQuery(context, snapshotsQuerySchema),
      (writer, { period, limit }) =>
        call(writer, 'reads', snapshotListSchema, 'snapshots_list', { p_period: period, p_rows: limit }),
    ),
  } satisfies Partial<Record<OriginRouteName, Handler<OriginEnv>>>
}

type Parse<Input> = (context: OriginContext) => Result<Input, WireError> | Promise<Result<Input, WireError>>

function answering<Input>(
  parse: Parse<Input>,
  perform: (writer: Writer, input: Input) => Promise<Result<unknown, Failure>>,
  status: 200 | 201 = 200,
): Handler<OriginEnv> {
  return async (context) => {
    const input = await parse(context)
    if (!input.ok) return respondError(context, input.error)
    return respondWritten(context, await perform(writerOf(context), input.value), status)
  }
}

/**
 * The upload takes a turn of the imports, so that one workspace does not hold all of them. One that announces more than a file may have is
 * refused before any of it is sent, and leaves no failed import.
 */
function createImportRoute(imports: Imports, turns: ImportTurns): Handler<OriginEnv> {
  return async (context) => {
    if (announcesMore(context.req.raw, limits.importFileBytesMax))
      return respondError(context, { code: 'body_too_large' })
    const writer = writerOf(context)
    const turn = await turns.take(writer, context.req.raw.signal)
    if (!turn.ok) return respondFailure(context, turn.error)
    try {
      const body = context.req.raw.body ?? new Blob([]).stream()
      return respondWritten(context, await imports.create(writer, body), 201)
    } finally {
      turn.value.free()
    }
  }
}

/** The user whose notifications they are: a member's own, or the one that the backend names. */
function userOf(context: OriginContext, named: UserId | undefined): Result<UserId, WireError> {
  const caller = callerOf(context)
  if (caller.kind === 'backend') return named === undefined ? err({ code: 'user_needed' }) : ok(named)
  return named === undefined || named === caller.userId ? ok(caller.userId) : err({ code: 'user_mismatch' })
}

function ofPage(context: OriginContext) {
  const query = parseQuery(context, originNotificationsQuerySchema)
  if (!query.ok) return query
  const user = userOf(context, query.value.user)
  return user.ok ? ok([user.value, query.value] as const) : user
}

async function ofMark(context: OriginContext) {
  const query = parseQuery(context, originNotificationsReadQuerySchema)
  if (!query.ok) return query
  const user = userOf(context, query.value.user)
  if (!user.ok) return user
  const read = await parseBody(context, notificationsReadBody.schema, notificationsReadBody.bytesMax)
  return read.ok ? ok([user.value, read.value] as const) : read
}
