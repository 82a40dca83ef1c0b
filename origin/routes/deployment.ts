import type { Handler } from 'hono'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { everythingMovedSchema } from '../../shared/contract/origin.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err } from '../../shared/result.ts'
import type { Database } from '../database/database.ts'
import { createQuery } from '../database/query.ts'
import type { Failure } from '../failures.ts'
import type { OriginEnv } from '../http/respond.ts'
import { respondError, respondFailure } from '../http/respond.ts'
import type { Relay } from '../outbox/relay.ts'

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
