import type { Handler } from 'hono'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { everythingMovedSchema } from '../../shared/contract/origin.ts'
import { listedWorkspacesSchema, workspacesQuerySchema } from '../../shared/contract/workspaces.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err } from '../../shared/result.ts'
import type { Database } from '../database/database.ts'
import { createQuery } from '../database/query.ts'
import type { Failure } from '../failures.ts'
import { parseQuery } from '../http/input.ts'
import type { OriginEnv } from '../http/respond.ts'
import { respondError, respondFailure } from '../http/respond.ts'
import type { Relay } from '../outbox/relay.ts'

/** GET /deployment/workspaces?after=: the workspaces whose ids follow that one. */
export function listWorkspacesRoute(database: Database, clock: Clock): Handler<OriginEnv> {
  return async (context) => {
    const query = parseQuery(context, workspacesQuerySchema)
    if (!query.ok) return respondError(context, query.error)
    const listed = await withinDeadline<Result<z.output<typeof listedWorkspacesSchema>, Failure>>(
      clock,
      limits.queryDeadlineMs,
      (signal) =>
        createQuery(database, null, signal)(listedSchema, 'workspaces_list', {
          p_after: query.value.after ?? null,
          p_limit: limits.workspacesPerPage,
        }),
      err({ kind: 'timeout' }),
    )
    if (!listed.ok) return respondFailure(context, listed.error)
    return context.json({ success: true, data: { workspaces: listed.value.workspaces } })
  }
}

const listedSchema = listedWorkspacesSchema.extend({ outcome: z.literal('ok') })
const movedSchema = everythingMovedSchema.extend({ outcome: z.literal('ok') })

/**
 * POST /deployment/move-everything: adds a row for every workspace, and for the deployment itself, to the outbox. When this is answered the moves are committed, and
 * the relay delivers them. Without a relay of its own, this origin answers 503: it could not say whether anybody would.
 */
export function moveEverythingRoute(
  database: Database,
  relay: Relay | null,
  clock: Clock,
): Handler<OriginEnv> {
  return async (context) => {
    if (relay === null) return respondError(context, { code: 'origin_unavailable' })
    const moved = await withinDeadline<Result<z.output<typeof movedSchema>, Failure>>(
      clock,
      limits.queryDeadlineMs,
      (signal) => createQuery(database, null, signal)(movedSchema, 'outbox_move_everything', {}),
      err({ kind: 'timeout' }),
    )
    if (!moved.ok) return respondFailure(context, moved.error)
    relay.wake()
    return context.json({ success: true, data: { workspaces: moved.value.workspaces } })
  }
}
