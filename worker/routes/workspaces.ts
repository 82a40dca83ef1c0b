import { z } from 'zod'
import type { WireErrorCode } from '../../shared/contract/errors.ts'
import {
  performanceAnswerSchema,
  warmUpSchema,
  workspaceInvalidatedSchema,
} from '../../shared/contract/management.ts'
import {
  type DeedName,
  deedsSchema,
  listedWorkspacesSchema,
  workspacePageSchema,
  workspacesQuerySchema,
} from '../../shared/contract/workspaces.ts'
import { userIdSchema, type WorkspaceId, workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import type { NamedOperator } from '../auth/callers.ts'
import { enveloped, respondData } from '../http/answers.ts'
import { type Call, defineRoute, type Route } from '../http/route.ts'
import { invalidateWorkspace, performanceOf, warmWorkspace } from './cache-management.ts'

const path = '/api/admin/workspaces'
const workspacePath = z.strictObject({ workspaceId: workspaceIdSchema })

const deedErrors = [
  ...(['figures_unavailable', 'overloaded', 'origin_unavailable', 'answer_too_large'] as const),
  ...(['origin_timeout', 'ledger_unavailable'] as const),
] satisfies readonly WireErrorCode[]

const list = defineRoute({
  method: 'GET',
  path,
  summary: 'All workspaces of the deployment in pages, with their names',
  access: 'operator-named',
  takes: { query: workspacesQuerySchema },
  gives: enveloped(workspacePageSchema),
  errors: ['overloaded', 'origin_unavailable', 'answer_too_large', 'origin_timeout'],
  async handle(call) {
    const { after } = call.input.query
    const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`
    const listed = await call.services.origin.read(
      listedWorkspacesSchema,
      { path: `/deployment/workspaces${query}` },
      asService(call),
    )
    if (!listed.ok) return listed
    const { workspaces } = listed.value
    const isFull = workspaces.length >= limits.workspacesPerPage
    return ok(respondData({ workspaces, nextAfter: isFull ? (workspaces.at(-1)?.id ?? null) : null }))
  },
})

type DeedCall = Call<NamedOperator, { readonly path: { readonly workspaceId: WorkspaceId } }>

/** Work on a workspace is done in the deployment's own name, since an operator need not be a member of it. */
function asService({ requestId, trace, keepAlive }: Pick<DeedCall, 'requestId' | 'trace' | 'keepAlive'>) {
  return { kind: 'service', userId: null, requestId, trace, keepAlive } as const
}

/** Writes a deed down. One that cannot be written down is not done. */
function note({ services, caller, input }: DeedCall, deed: DeedName) {
  return services.monitoring.noteDeed({ deed, workspaceId: input.path.workspaceId, by: caller.by })
}

const invalidate = defineRoute({
  method: 'POST',
  path: `${path}/{workspaceId}/invalidate`,
  summary: 'Invalidate every entry of a workspace, as an operator',
  access: 'operator-named',
  takes: { path: workspacePath },
  gives: enveloped(workspaceInvalidatedSchema),
  errors: deedErrors,
  async handle(call) {
    const noted = await note(call, 'invalidate')
    const { workspaceId } = call.input.path
    if (!noted.ok) return noted
    return invalidateWorkspace(
      call.services,
      workspaceId,
      userIdSchema.nullable().parse(call.caller.by.userId),
    )
  },
})

const warmCache = defineRoute({
  method: 'POST',
  path: `${path}/{workspaceId}/warm-cache`,
  summary: "Fill every tier with a workspace's first pages and counts, as an operator",
  description:
    'Answers nothing but counts: an operator gets to see no data of the workspace. What belongs to one user is left out, since nobody is named.',
  access: 'operator-named',
  takes: { path: workspacePath },
  gives: enveloped(warmUpSchema),
  errors: deedErrors,
  async handle(call) {
    const noted = await note(call, 'warm-cache')
    const { workspaceId } = call.input.path
    return noted.ok ? warmWorkspace(call.services, { workspaceId, caller: asService(call) }) : noted
  },
})

const testPerformance = defineRoute({
  method: 'POST',
  path: `${path}/{workspaceId}/test-performance`,
  summary: "Measure a read of a workspace's data from the database, from Redis and from KV, as an operator",
  access: 'operator-named',
  takes: { path: workspacePath },
  gives: enveloped(performanceAnswerSchema),
  errors: deedErrors,
  async handle(call) {
    const noted = await note(call, 'test-performance')
    const { workspaceId } = call.input.path
    return noted.ok ? performanceOf(call, { workspaceId, caller: asService(call) }) : noted
  },
})

const deeds = defineRoute({
  method: 'GET',
  path: '/api/admin/deeds',
  summary: 'The deeds of operators on workspaces, the newest first',
  access: 'operator-named',
  takes: {},
  gives: enveloped(deedsSchema),
  errors: ['figures_unavailable'],
  async handle({ services }) {
    const found = await services.monitoring.deeds()
    return found.ok ? ok(respondData({ deeds: found.value })) : found
  },
})

/** The routes for operators about all workspaces (SPEC 5 and 9). */
export const workspacesRoutes: readonly Route[] = [list, invalidate, warmCache, testPerformance, deeds]
