import { whenReady } from '../../shared/awaitable.ts'
import { joinBytes } from '../../shared/bytes.ts'
import { errorBody, wireErrors } from '../../shared/contract/errors.ts'
import type { ResourceName } from '../../shared/resources/index.ts'
import { resources } from '../../shared/resources/index.ts'
import type { Question, Resource } from '../../shared/resources/question.ts'
import type { Served } from '../../shared/resources/served.ts'
import { cacheMemberOf } from '../../shared/resources/served.ts'
import { ok } from '../../shared/result.ts'
import type { Reader } from '../auth/callers.ts'
import type { ReadAnswer } from '../cache/read.ts'
import type { Wish } from '../cache/wish.ts'
import { minVersionHeader, parseWish } from '../cache/wish.ts'
import type { Entry } from '../entry/entry.ts'
import { ageSeconds } from '../entry/entry.ts'
import { enveloped, respondJson } from '../http/answers.ts'
import { PreparedHeaders } from '../http/prepared-headers.ts'
import { type Answered, type Call, defineRoute, type HeadersTaken, type Route } from '../http/route.ts'
import { explain } from './explain.ts'

const encoder = new TextEncoder()
const opening = encoder.encode('{"success":true,"data":')
const closing = encoder.encode('}')

/** The request headers of a read, parsed. */
interface ReadHeaders {
  readonly wish: Wish
  readonly ifNoneMatch: string | null
}

const readHeaders: HeadersTaken<
  typeof minVersionHeader | 'If-None-Match' | 'Cache-Control' | 'Pragma',
  ReadHeaders
> = {
  described: {
    [minVersionHeader]: 'The answer must not be older than this version of the workspace.',
    'If-None-Match': 'The ETag of an answer that the caller has. The answer is 304 if it still holds.',
    'Cache-Control': 'Restrictions on what the cache may answer (RFC 9111, section 5.2.1).',
    Pragma: '`no-cache` counts as in `Cache-Control`, if that header is absent.',
  },
  read(headers) {
    const wish = parseWish(headers)
    return wish.ok ? ok({ wish: wish.value, ifNoneMatch: headers.get('If-None-Match') }) : wish
  },
}

/** A declared resource. Its name is one of the labels in the metrics. */
interface MountedResource extends Resource {
  readonly name: ResourceName
}

/** One GET route for each declared resource. */
export const resourceRoutes: readonly Route[] = resources.map(resourceRoute)

type ResourceCall = Call<Reader, { readonly question: Question; readonly headers: ReadHeaders }>

/** The route of a declared resource. */
export function resourceRoute(resource: MountedResource): Route {
  return defineRoute({
    method: 'GET',
    path: resource.route,
    summary: resource.summary,
    access: accessTo(resource),
    takes: { path: resource.path, query: resource.query, question: resource.parse, headers: readHeaders },
    gives: enveloped(resource.answer),
    errors: [
      'invalid_parameter',
      'version_unknown',
      ...(mayNeedUser(resource) ? (['user_needed'] as const) : []),
      resource.absence.code,
      'answer_too_large',
      'overloaded',
      'ledger_unavailable',
      'origin_unavailable',
      'not_cached',
      'origin_timeout',
    ],
    handle: (call) => answer(resource, call),
  })
}

/** A service names the user whose answer it asks for, where each user may have an answer of its own. */
function mayNeedUser(resource: Resource): boolean {
  return accessTo(resource) === 'reader-or-service' && resource.isPersonal
}

function accessTo({ scope, callers }: Resource): 'service' | 'reader-or-service' | 'reader' {
  if (scope === 'deployment') return 'service'
  return callers.includes('service') ? 'reader-or-service' : 'reader'
}

function answer(resource: MountedResource, call: ResourceCall): Answered {
  const { services, input } = call
  const { workspaceId, caller, mayLoad, wantsExplanation } = call.caller
  const { wish } = input.headers
  const answering = services.answer({
    question: input.question,
    workspaceId,
    caller,
    wish:
      mayLoad && !wantsExplanation
        ? wish
        : { ...wish, isOnlyIfCached: wish.isOnlyIfCached || !mayLoad, isExplained: wantsExplanation },
  })
  return whenReady(answering, (read) => {
    const responded = read.ok ? ok(respond(resource, call, read.value)) : read
    const counted = read.ok ? servedBy(read.value, services.clock.now()) : undefined
    if (counted !== undefined) call.notes.served = counted.served
    const httpStatus = responded.ok ? responded.value.status : wireErrors[responded.error.code].status
    const durationMs = services.clock.now() - call.startedAtMs
    services.metrics.recorder.record({
      kind: 'read',
      resource: resource.name,
      ...{ httpStatus, durationMs },
      ...counted,
    })
    const status = counted?.served.status
    services.metrics.causes.count({
      ...{ workspaceId, durationMs },
      question: input.question,
      key: read.ok ? read.value.key : null,
      isHit: status === 'HIT' || status === 'STALE',
      isError: httpStatus >= 500,
    })
    return responded
  })
}

/** The labels and the view's age with which the metrics count an answer. */
function servedBy({ status, source, view }: ReadAnswer, nowMs: number) {
  const served = { status, source }
  return view === null ? { served } : { served, viewAgeMs: nowMs - view.calledAtMs }
}

/** The stored bytes with `_cache` added, or 304 if the caller already has them (RFC 9110 section 13). */
function respond(resource: Resource, call: ResourceCall, answered: ReadAnswer): Response {
  const { entry } = answered
  const nowMs = call.services.clock.now()
  const served = servedOf(call, answered, nowMs)
  if (!entry.found) return respondAbsence(resource, call, answered, served)
  const etag = etagOf(resource, entry, served)
  const headers = headersOf(call, answered, nowMs, etag)
  if (!call.caller.wantsExplanation && matches(call.input.headers.ifNoneMatch, etag)) {
    headers.delete('Content-Type')
    return new Response(null, { status: 304, headers })
  }
  const body = joinBytes([opening, ...resource.present(entry.body, served), closing])
  return new Response(body, { headers })
}

/** An absence is cached like an answer, so its 404 says with the same headers and the same `_cache` where it came from. */
function respondAbsence(
  { absence }: Resource,
  call: ResourceCall,
  answered: ReadAnswer,
  served: Served,
): Response {
  const body = { ...errorBody(absence, call.requestId), _cache: cacheMemberOf(served) }
  const response = respondJson(body, wireErrors[absence.code].status)
  setProvenance(response.headers, answered, served.retrievedAtMs)
  return response
}

function servedOf(call: ResourceCall, answered: ReadAnswer, nowMs: number): Served {
  const { entry, status, source, lifetimeSeconds, isCacheEnabled, currentAtMs, rollout } = answered
  const { userId, role, wantsExplanation } = call.caller
  return {
    status,
    source,
    ttlSeconds: lifetimeSeconds,
    ageSeconds: ageSeconds(entry.createdAtMs, nowMs),
    provedAgeSeconds: ageSeconds(currentAtMs, nowMs),
    edgeLocation: call.edgeLocation,
    responseTimeMs: nowMs - call.startedAtMs,
    retrievedAtMs: nowMs,
    isCacheEnabled,
    rollout,
    userId,
    ...(role === null ? {} : { role }),
    ...(wantsExplanation ? { explanation: explain(answered, nowMs) } : {}),
  }
}

/**
 * The ETag of an answer. It is weak because `_cache` differs from answer to answer. It names the user because users may get different
 * answers from the same entry, and what else changes an answer that is made from the same bytes.
 */
function etagOf(resource: Resource, { etag, body }: Entry, served: Served): string {
  const changing = resource.changing(body, served)
  const parts = [etag, encodeURIComponent(served.userId ?? '')]
  return `W/"${[...parts, ...(changing === '' ? [] : [encodeURIComponent(changing)])].join('.')}"`
}

const cachedAnswer = new PreparedHeaders({
  'Content-Type': 'application/json',
  'Cache-Control': 'private, no-cache',
  Vary: 'Authorization, X-Workspace-ID, X-User-ID',
})

function headersOf(call: ResourceCall, answered: ReadAnswer, nowMs: number, etag: string): Headers {
  const headers = call.headersOf(cachedAnswer)
  headers.set('ETag', etag)
  setProvenance(headers, answered, nowMs)
  if (call.caller.wantsExplanation) headers.set('Cache-Control', 'no-store')
  return headers
}

/** Sets the headers that say where an answer came from and how old it is. */
function setProvenance(headers: Headers, answered: ReadAnswer, nowMs: number): void {
  const { currentAtMs, steps } = answered
  // RFC 9111 section 4.2.3: the age counts from the last successful validation, which a proof is.
  headers.set('Age', String(ageSeconds(currentAtMs, nowMs)))
  headers.set('Cache-Status', cacheStatus(answered, nowMs))
  headers.set('Server-Timing', steps.map(({ name, durationMs }) => `${name};dur=${durationMs}`).join(', '))
}

/**
 * The `Cache-Status` header (RFC 9211). Its detail is the reason why the answer is in doubt, the rollout if the database answered because of
 * it, or the source of the answer.
 */
function cacheStatus(
  { status, source, currentAtMs, lifetimeSeconds, doubt, steps, rollout }: ReadAnswer,
  nowMs: number,
): string {
  const isFromTier = source !== 'database'
  const hadOlder = steps.some(({ said }) => said === 'outdated' || said === 'expired')
  const forwarded = status === 'BYPASS' ? 'bypass' : hadOlder ? 'stale' : 'miss'
  const ttlSeconds = lifetimeSeconds - ageSeconds(currentAtMs, nowMs)
  const handled = isFromTier ? `hit; ttl=${ttlSeconds}` : `fwd=${forwarded}`
  return `Boardcache; ${handled}; detail=${doubt ?? (rollout === 'on' ? source : `rollout-${rollout}`)}`
}

function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false
  if (ifNoneMatch.trim() === '*') return true
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '')
  return ifNoneMatch.split(',').some((tag) => opaque(tag) === opaque(etag))
}
