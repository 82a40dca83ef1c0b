import { joinBytes } from '../../shared/bytes.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { wireErrors } from '../../shared/contract/errors.ts'
import type { UserId } from '../../shared/ids.ts'
import { userIdSchema } from '../../shared/ids.ts'
import type { AnyResource } from '../../shared/resources/index.ts'
import { resources } from '../../shared/resources/index.ts'
import type { Question } from '../../shared/resources/resource.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Reader } from '../auth/callers.ts'
import type { ReadAnswer } from '../cache/read.ts'
import type { Wish } from '../cache/request.ts'
import { minVersionHeader, parseWish } from '../cache/wish.ts'
import { ageSeconds } from '../entry/entry.ts'
import { enveloped } from '../http/answers.ts'
import { type Call, defineRoute, type HeadersTaken, type Route } from '../http/route.ts'
import { explain } from './explain.ts'

const encoder = new TextEncoder()
const opening = encoder.encode('{"success":true,"data":')
const closing = encoder.encode('}')

/** What a reader's headers say of the answer that they want. */
interface ReadHeaders {
  readonly wish: Wish
  readonly ifNoneMatch: string | null
}

const readHeaders: HeadersTaken<
  typeof minVersionHeader | 'If-None-Match' | 'Cache-Control' | 'Pragma',
  ReadHeaders
> = {
  described: {
    [minVersionHeader]: 'Nothing older than this version is answered.',
    'If-None-Match': 'The ETag of an answer that the caller has: 304 where it still holds.',
    'Cache-Control': 'What the caller takes of a cache (RFC 9111, section 5.2.1).',
    Pragma: 'As `Cache-Control`, where that is not sent.',
  },
  read(headers) {
    const wish = parseWish(headers)
    return wish.ok ? ok({ wish: wish.value, ifNoneMatch: headers.get('If-None-Match') }) : wish
  },
}

/** Every declared resource, mounted the same way. */
export const resourceRoutes: readonly Route[] = resources.map(routeOf)

type ResourceCall = Call<Reader, { readonly question: Question; readonly headers: ReadHeaders }>

function routeOf(resource: AnyResource): Route {
  return defineRoute({
    method: 'GET',
    path: resource.route,
    summary: resource.summary,
    access: 'reader',
    takes: { path: resource.path, query: resource.query, question: resource.ask, headers: readHeaders },
    gives: enveloped(resource.answer),
    errors: [
      'invalid_parameter',
      'version_unknown',
      ...(resource.notFound === null ? [] : [resource.notFound]),
      'answer_too_large',
      'overloaded',
      'ledger_unavailable',
      'origin_unavailable',
      'answer_too_large',
      'not_cached',
      'origin_timeout',
    ],
    handle: (call) => answer(resource, call),
  })
}

/** The user of an answer to a service that names none. */
const backendUserId = userIdSchema.parse('backend')

async function answer(resource: AnyResource, call: ResourceCall): Promise<Result<Response, WireError>> {
  const { services, input } = call
  const { workspaceId, caller, mayLoad } = call.caller
  const { wish } = input.headers
  const userId = call.caller.userId ?? backendUserId
  const read = await services.ask({
    resourceName: resource.name,
    question: input.question,
    workspaceId,
    userId,
    caller,
    wish: mayLoad ? wish : { ...wish, isOnlyIfCached: true },
  })
  const responded = read.ok ? respond(resource, call, read.value, userId) : read
  const counted = read.ok ? servedBy(read.value, services.clock.now()) : undefined
  if (counted !== undefined) call.notes.served = counted.served
  services.metrics.recorder.record({
    kind: 'read',
    resource: resource.name,
    httpStatus: responded.ok ? responded.value.status : wireErrors[responded.error.code].status,
    ...counted,
    durationMs: services.clock.now() - call.startedAtMs,
  })
  return responded
}

/** What is counted of an answer. */
function servedBy({ status, source, view }: ReadAnswer, nowMs: number) {
  const served = { status, source }
  return view === null ? { served } : { served, viewAgeMs: nowMs - view.askedAtMs }
}

/** The stored bytes with what is said of them, or 304 where the caller has them already (RFC 9110 section 13). */
function respond(
  resource: AnyResource,
  call: ResourceCall,
  answered: ReadAnswer,
  userId: UserId,
): Result<Response, WireError> {
  const { entry, status, source, lifetimeSeconds } = answered
  if (!entry.found) return err({ code: resource.notFound ?? 'internal' })
  const nowMs = call.services.clock.now()
  const { wantsExplanation } = call.caller
  // Weak: `_cache` differs from answer to answer. With the user: the same entry may read differently to each.
  const etag = `W/"${entry.etag}.${encodeURIComponent(userId)}"`
  const headers = headersOf(answered, nowMs, etag, wantsExplanation)
  if (!wantsExplanation && matches(call.input.headers.ifNoneMatch, etag)) {
    return ok(new Response(null, { status: 304, headers }))
  }
  const data = resource.present(entry.body, {
    status,
    source,
    ttlSeconds: lifetimeSeconds,
    ageSeconds: ageSeconds(entry, nowMs),
    edgeLocation: call.edgeLocation,
    responseTimeMs: nowMs - call.startedAtMs,
    retrievedAtMs: nowMs,
    isCacheEnabled: answered.isCacheEnabled,
    userId,
    ...(wantsExplanation ? { explanation: explain(answered, nowMs) } : {}),
  })
  const body = joinBytes([opening, ...data, closing])
  return ok(new Response(body, { headers: { ...headers, 'Content-Type': 'application/json' } }))
}

function headersOf(answered: ReadAnswer, nowMs: number, etag: string, wantsExplanation: boolean) {
  const { entry, steps } = answered
  return {
    ETag: etag,
    Age: String(ageSeconds(entry, nowMs)),
    'Cache-Control': wantsExplanation ? 'no-store' : 'private, no-cache',
    'Cache-Status': cacheStatus(answered, nowMs),
    'Server-Timing': steps.map(({ name, durationMs }) => `${name};dur=${durationMs}`).join(', '),
    Vary: 'Authorization, X-Workspace-ID, X-User-ID',
  }
}

/** RFC 9211: how this cache handled the request. The detail is where the answer is from, or why it is in doubt. */
function cacheStatus(
  { status, source, entry, lifetimeSeconds, doubt, steps }: ReadAnswer,
  nowMs: number,
): string {
  const isFromTier = source !== 'database'
  const hadOlder = steps.some(({ said }) => said === 'outdated' || said === 'expired')
  const forwarded = status === 'BYPASS' ? 'bypass' : hadOlder ? 'stale' : 'miss'
  const handled = isFromTier ? `hit; ttl=${lifetimeSeconds - ageSeconds(entry, nowMs)}` : `fwd=${forwarded}`
  return `Boardcache; ${handled}; detail=${doubt ?? source}`
}

function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false
  if (ifNoneMatch.trim() === '*') return true
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '')
  return ifNoneMatch.split(',').some((tag) => opaque(tag) === opaque(etag))
}
