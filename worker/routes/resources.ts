import { LRUCache } from 'lru-cache'
import { joinBytes } from '../../shared/bytes.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { wireErrors } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import type { ResourceName } from '../../shared/resources/index.ts'
import { resources } from '../../shared/resources/index.ts'
import type { Question, Resource } from '../../shared/resources/question.ts'
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

/** A declaration whose name the metrics know. */
interface MountedResource extends Resource {
  readonly name: ResourceName
}

/** Every declared resource, mounted the same way. */
export const resourceRoutes: readonly Route[] = routesOf(resources)

function routesOf(mounted: readonly MountedResource[]): Route[] {
  const questionIn = createQuestionParser()
  return mounted.map((resource) => ({
    method: 'GET',
    path: resource.route,
    summary: resource.summary,
    access: 'member',
    takes: { path: resource.path, query: resource.query },
    gives: enveloped(resource.answer),
    errors: [
      'invalid_parameter',
      'version_unknown',
      ...(resource.callers.includes('service') ? (['user_needed'] as const) : []),
      resource.absence.code,
      'answer_too_large',
      'overloaded',
      'ledger_unavailable',
      'origin_unavailable',
      'not_cached',
      'origin_timeout',
    ],
    handle: (call) => answer(resource, call, questionIn),
  }))
}

type QuestionParser = (resource: Resource, call: Pick<Call, 'url' | 'path'>) => Result<Question, WireError>

/** The question in a request's URL: parsed once a URL, since boards are asked for in the same words by all who read them. */
export function createQuestionParser(): QuestionParser {
  const known = new LRUCache<string, Question>({
    max: limits.isolateQuestionsMax,
    maxSize: limits.isolateQuestionUrlCharactersMax,
    sizeCalculation: (_question, url) => url.length,
  })
  return (resource, { url, path }) => {
    const remembered = known.get(url)
    // A URL leads to one route, and so to one resource.
    if (remembered !== undefined) return ok(remembered)
    const query = queryOf(url)
    if (!query.ok) return query
    const parsed = resource.parse(path, query.value)
    if (!parsed.ok) return err({ code: 'invalid_parameter', details: parsed.error })
    known.set(url, parsed.value)
    return parsed
  }
}

async function answer(
  resource: MountedResource,
  call: Call,
  questionIn: QuestionParser,
): Promise<Result<Response, WireError>> {
  const { services } = call
  const admitted = await admitAsker(call, call.path['workspaceId'])
  if (!admitted.ok) return admitted
  const question = questionIn(resource, call)
  if (!question.ok) return question
  const wish = parseWish(call.request.headers)
  if (!wish.ok) return err({ code: 'invalid_parameter', details: wish.error })

  const { workspaceId, caller, isKeyHolder } = admitted.value
  const read = await services.answer({
    question: question.value,
    workspaceId,
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
  resource: Resource,
  call: Call,
  answered: ReadAnswer,
  { caller: { userId }, wantsExplanation }: Asker,
): Result<Response, WireError> {
  const { entry, status, source, lifetimeSeconds } = answered
  if (!entry.found) return err(resource.absence)
  const nowMs = call.services.clock.now()
  // Weak: `_cache` differs from answer to answer. With the user: the same entry may read differently to each.
  const etag = `W/"${entry.etag}.${encodeURIComponent(userId ?? '')}"`
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
