import type { Handler } from 'hono'
import { faultsOf } from '../../shared/contract/errors.ts'
import { loadRequestSchema } from '../../shared/contract/origin.ts'
import { deploymentId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { callerOf } from '../auth/credentials.ts'
import { callerKeyOf, tokenOf } from '../database/caller.ts'
import type { Queries } from '../database/queries.ts'
import type { UnfitValues } from '../database/rows.ts'
import { parseBody } from '../http/input.ts'
import type { OriginEnv } from '../http/respond.ts'
import { respond, respondError } from '../http/respond.ts'
import { loaderNamed } from '../loaders/index.ts'

/**
 * POST /load/{resource}: answers the bytes of the resource's `data` without an envelope, as an entry stores them. Without a
 * user's token the caller is the CRM's backend, which loads as the service role, and only resources whose declaration allows
 * it. An answer that belongs to one user is loaded for the caller, or by the backend for the user that it names.
 */
export function loadRoute(queries: Queries, unfitValues: UnfitValues): Handler<OriginEnv, '/load/:resource'> {
  return async (context) => {
    const caller = callerOf(context)
    const loader = loaderNamed(context.req.param('resource'))
    if (caller.kind === 'backend' && loader?.resource.callers.includes('service') !== true) {
      return respondError(context, { code: 'token_missing' })
    }
    if (loader === null) return respondError(context, { code: 'route_not_found' })
    const body = await parseBody(context, loadRequestSchema, limits.loadBodyBytesMax)
    if (!body.ok) return respondError(context, body.error)
    const { workspaceId, userId, version, params } = body.value
    if ((workspaceId === deploymentId) !== (loader.resource.scope === 'deployment')) {
      const message = 'must be the deployment for its own resources, and a workspace for all others'
      return respondError(context, { code: 'invalid_body', details: [{ parameter: 'workspaceId', message }] })
    }
    if (caller.kind === 'member' && userId !== null && userId !== caller.userId) {
      return respondError(context, { code: 'user_mismatch' })
    }
    const prepared = loader.prepare(params)
    if (!prepared.ok) {
      return respondError(context, { code: 'invalid_body', details: faultsOf(prepared.error) })
    }
    const { canonical, sharing, load } = prepared.value
    if (sharing === 'user' && userId === null) return respondError(context, { code: 'user_needed' })
    const answer = await queries.run({
      name: loader.name,
      // A query that began under an older version may have read data that a newer one invalidated, so each version has its own.
      shareKey: JSON.stringify([loader.name, workspaceId, userId, version, canonical]),
      queryClass: 'reads',
      workspaceId,
      callerKey: callerKeyOf(caller, workspaceId),
      callerToken: tokenOf(caller),
      perform: (query) =>
        unfitValues.during(loader.name, (noteUnfit) => load({ workspaceId, userId, query, noteUnfit })),
    })
    if (!answer.ok && answer.error.kind === 'not_found') {
      context.set('failure', 'not_found')
      return respondError(context, loader.resource.absence)
    }
    return respond(context, answer)
  }
}
