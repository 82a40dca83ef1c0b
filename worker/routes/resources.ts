import { LRUCache } from 'lru-cache'
import { joinBytes } from '../../shared/bytes.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { wireErrors } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import type { AnyResource } from '../../shared/resources/index.ts'
import { resources } from '../../shared/resources/index.ts'
import type { Question } from '../../shared/resources/resource.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { ReadAnswer } from '../cache/read.ts'
import { parseWish } from '../cache/wish.ts'
import { ageSeconds } from '../entry/entry.ts'
import { enveloped } from '../http/answers.ts'
import { queryOf } from '../http/input.ts'
import type { Call, Route } from '../http/route.ts'
import type { Asker } from './explain.ts'
import { admitAsker, explain } from './explain.ts'

const encoder = new TextEncoder()
const opening = encoder.encode('{"success":true,"data":')
const closing = encoder.encode('}')

/** Every declared resource, mounted the same way. */
export const resourceRoutes: readonly Route[] = resources.map(routeOf)

function routeOf(resource: AnyResource): Route {
  const questionIn = createQuestionParser(resource)
  return {
    method: 'GET',
    path: resource.route,
    summary: resource.summary,
    access: 'member',
    takes: { path: resource.path, query: resource.query },
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
    handle: (call) => answer(resource, call, questionIn),
  }
}

/** What a request's URL asks of the resource: read once a URL, since boards are asked for in the same words. */
function createQuestionParser(resource: AnyResource): (call: Call) => Result<Question, WireError> {
  const known = new LRUCache<string, Question>({ max: limits.isolateQuestionsMax })
  return ({ url, path }) => {
    const question = known.get(url)
    if (question !== undefined) return ok(question)
    const query = queryOf(url)
    if (!query.ok) return query
    const asked = resource.ask(path, query.value)
    if (!asked.ok) return err({ code: 'invalid_parameter', details: asked.error })
    known.set(url, asked.value)
    return asked
  }
}

async function answer(
  resource: AnyResource,
  call: Call,
  questionIn: ReturnType<typeof createQuestionParser>,
): Promise<Result<Response, WireError>> {
  const { services } = call
  const admitted = await admitAsker(call, call.path['workspaceId'])
  if (!admitted.ok) return admitted
  const asked = questionIn(call)
  if (!asked.ok) return asked
  const wish = parseWish(call.request.headers)
  if (!wish.ok) return err({ code: 'invalid_parameter', details: wish.error })

  const { workspaceId, principal, caller, isKeyHolder } = admitted.value
  const read = await services.ask({
    resourceName: resource.name,
    question: asked.value,
    workspaceId,
    userId: principal.userId,
    caller,
    wish: isKeyHolder ? { ...wish.value, isOnlyIfCached: true } : wish.value,
  })
  const responded = read.ok ? respond(resource, call, read.value, admitted.value) : read
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
  call: Call,
  answered: ReadAnswer,
  { principal: { userId }, wantsExplanation }: Asker,
): Result<Response, WireError> {
  const { entry, status, source, lifetimeSeconds } = answered
  if (!entry.found) return err({ code: resource.notFound ?? 'internal' })
  const nowMs = call.services.clock.now()
  // Weak: `_cache` differs from answer to answer. With the user: the same entry may read differently to each.
  const etag = `W/"${entry.etag}.${encodeURIComponent(userId)}"`
  const headers = headersOf(answered, nowMs, etag, wantsExplanation)
  if (!wantsExplanation && matches(call.request.headers.get('If-None-Match'), etag)) {
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
