import type { Handler } from 'hono'
import type { WireError, WireErrorCode } from '../../shared/contract/errors.ts'
import { faultsOf } from '../../shared/contract/errors.ts'
import type { LoadRequest } from '../../shared/contract/origin.ts'
import { loadRequestSchema, resourceVersionHeader } from '../../shared/contract/origin.ts'
import { deploymentId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { CallerKind, Question } from '../../shared/resources/question.ts'
import { callerOf } from '../auth/credentials.ts'
import type { Caller } from '../database/caller.ts'
import { callerKeyOf, tokenOf } from '../database/caller.ts'
import type { Queries } from '../database/queries.ts'
import type { UnfitValues } from '../database/rows.ts'
import { parseBody } from '../http/input.ts'
import type { OriginEnv } from '../http/respond.ts'
import { respond, respondError } from '../http/respond.ts'
import { loaderNamed } from '../loaders/index.ts'
import type { Loader } from '../loaders/loader.ts'

/**
 * POST /load/{resource}: answers the bytes of the resource's `data` without an envelope, as an entry stores them. Without a
 * user's token the caller is the CRM's backend or a hub of live boards, which loads as the service role, and only resources whose
 * declaration allows it. An answer that belongs to one user is loaded for the caller, or by the backend for the user that it names.
 */
export function loadRoute(queries: Queries, unfitValues: UnfitValues): Handler<OriginEnv, '/load/:resource'> {
  return async (context) => {
    const caller = callerOf(context)
    const loader = loaderNamed(context.req.param('resource'))
    const closed = closedTo(caller, loader)
    if (closed !== null) return respondError(context, { code: closed })
    if (loader === null) return respondError(context, { code: 'route_not_found' })
    const body = await parseBody(context, loadRequestSchema, limits.loadBodyBytesMax)
    if (!body.ok) return respondError(context, body.error)
    const { workspaceId, userId, version, params } = body.value
    const prepared = loader.prepare(params)
    if (!prepared.ok) {
      return respondError(context, { code: 'invalid_body', details: faultsOf(prepared.error) })
    }
    const refusal = refusalOf(caller, body.value, loader.resource, prepared.value)
    if (refusal !== null) return respondError(context, refusal)
    const { canonical, load } = prepared.value
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
    context.header(resourceVersionHeader, String(loader.resource.version))
    return respond(context, answer)
  }
}

/** The error with which a resource is closed to a caller. A backend learns nothing about resources that it may not load. */
function closedTo(caller: Caller, loader: Loader | null): WireErrorCode | null {
  const isOpenTo = (kind: CallerKind) => loader?.resource.callers.includes(kind) === true
  if (caller.kind === 'backend') return isOpenTo('service') || isOpenTo('hub') ? null : 'token_missing'
  return loader === null || isOpenTo('member') ? null : 'key_invalid'
}

/** Why a load is refused whose scope or whose user does not fit its resource or its caller; null if both fit. */
function refusalOf(
  caller: Caller,
  { workspaceId, userId }: LoadRequest,
  { scope, callers }: Loader['resource'],
  { sharing }: { readonly sharing: Question['sharing'] },
): WireError | null {
  if ((workspaceId === deploymentId) !== (scope === 'deployment')) {
    const message = 'must be the deployment for its own resources, and a workspace for all others'
    return { code: 'invalid_body', details: [{ parameter: 'workspaceId', message }] }
  }
  // A hub loads what a workspace shares. Where only hubs are let in, a query knows a user by the token alone.
  if (caller.kind === 'backend' && sharing === 'user' && !callers.includes('service'))
    return { code: 'token_missing' }
  if (caller.kind === 'member' && userId !== null && userId !== caller.userId)
    return { code: 'user_mismatch' }
  return sharing === 'user' && userId === null ? { code: 'user_needed' } : null
}
