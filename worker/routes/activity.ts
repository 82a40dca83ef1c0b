import {
  type ActivityAuthor,
  deploymentActivityPageSchema,
  deploymentActivityQuerySchema,
  positionText,
  type WorkspaceActivity,
  type WorkspaceActivityPage,
  workspaceActivityPageSchema,
  workspaceActivityQuerySchema,
} from '../../shared/contract/activity.ts'
import { userIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { err, ok } from '../../shared/result.ts'
import { enveloped, respondData } from '../http/answers.ts'
import { defineRoute, type Route } from '../http/route.ts'
import type { LedgerActivity } from '../ledger/book-activity.ts'

type Logged = LedgerActivity['events'][number]

/** `GET /api/activity`: what moved in a workspace, and who caused it. */
const ofWorkspace = defineRoute({
  method: 'GET',
  path: '/api/activity',
  summary: 'What moved in a workspace, the newest first: invalidations and changed cache settings',
  description:
    "Read from the ledger's own log: the last 10,000 batches, at most 30 days. Items have ids, tags, versions and settings, and no other data of contacts. Poll with `after`, the `newest` of the answer before; read on with `before`, its `next`; `until` leads to an instant. A page looks through at most 1,000 batches, so one with a filter may be short, or empty, before the end.",
  access: 'admin',
  takes: { query: workspaceActivityQuerySchema },
  gives: enveloped(workspaceActivityPageSchema),
  errors: ['ledger_unavailable'],
  async handle({ services, caller, input }) {
    const read = await services.readActivity(caller.workspaceId, input.query)
    if (read === null) {
      return err({ code: 'ledger_unavailable', retryAfterSeconds: limits.retryAfterSeconds })
    }
    const page: WorkspaceActivityPage = {
      items: read.events.map(itemOf),
      next: read.next === null ? null : positionText(read.next),
      newest: read.newest === null ? null : positionText(read.newest),
    }
    return ok(respondData(page))
  },
})

/** A position alone is not unique: a ledger that lost its storage counts from the beginning. */
function itemOf({ position, note, moves, movesMore }: Logged): WorkspaceActivity {
  const moved = {
    id: `${positionText(position)}-${note?.version ?? 0}`,
    at: note === null ? null : new Date(note.atMs).toISOString(),
    by: note === null ? null : authorOf(note),
    version: note?.version ?? null,
    tags: [...moves],
    tagsMore: movesMore,
  }
  const detail = note?.detail ?? null
  if (note?.cause === 'settings') {
    const none = { changes: [], changesMore: 0 }
    const listed = detail !== null && 'changes' in detail ? detail : none
    return { kind: 'settings', ...moved, cause: 'settings', ...listed }
  }
  const event = detail !== null && 'action' in detail ? detail : null
  return { kind: 'invalidation', ...moved, cause: note?.cause ?? null, event }
}

function authorOf({ cause, userId }: NonNullable<Logged['note']>): ActivityAuthor {
  if (userId !== null) return { kind: 'user', userId: userIdSchema.parse(userId) }
  return cause === 'api' || cause === 'webhook' ? { kind: 'internal_key' } : null
}

/** `GET /api/monitoring/activity`: what happened to the deployment. */
const ofDeployment = defineRoute({
  method: 'GET',
  path: '/api/monitoring/activity',
  summary:
    'What happened to the deployment, the newest first: alerts, their settings, deploys, clearings of Redis, deeds of operators',
  description:
    "The last 2,000 deeds of operators on workspaces and the last 1,000 items of the other kinds, at most 30 days. Deeds are shown to admins of the operators' workspace only. Poll with `after`, the `newest` of the answer before; read on with `before`, its `next`; `until` leads to an instant. A deploy is seen when the object that sums the figures starts under another version of the Worker.",
  access: 'operator',
  takes: { query: deploymentActivityQuerySchema },
  gives: enveloped(deploymentActivityPageSchema),
  errors: ['figures_unavailable'],
  async handle({ services, input, caller }) {
    // Deeds name workspaces of others. Where there is no operators' workspace, this caller is an admin of just one of them.
    const mayActOnAll = caller.alertSetters === 'you'
    const page = await services.monitoring.activity(input.query, mayActOnAll)
    return page.ok ? ok(respondData(page.value)) : page
  },
})

export const activityRoutes: readonly Route[] = [ofWorkspace, ofDeployment]
