import { z } from 'zod'
import { readBounded } from '../../shared/bytes.ts'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { errorBodySchema, isAbsence } from '../../shared/contract/errors.ts'
import type { LoadRequest, WorkspaceNeeds } from '../../shared/contract/origin.ts'
import {
  boardListSchema,
  callerTokenHeader,
  membershipSchema,
  requestIdHeader,
  resourceVersionHeader,
  workspaceHeader,
  workspaceNeedsSchema,
} from '../../shared/contract/origin.ts'
import type { CacheSettingsChange, SavedSettings } from '../../shared/contract/settings.ts'
import { savedSettingsSchema } from '../../shared/contract/settings.ts'
import type { Trace } from '../../shared/contract/trace.ts'
import { traceHeaders } from '../../shared/contract/trace.ts'
import type { BoardId, Role, UserId, WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Question } from '../../shared/resources/question.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { CacheEvent, Recorder } from '../events.ts'
import type { Breaker, BreakerPace, BreakerStatus } from './circuit-breaker.ts'
import { createBreaker, tierPace } from './circuit-breaker.ts'
import { type ContactWrites, createContactWrites } from './contact-writes.ts'
import { type OriginProbe, probeOrigin, unlessSilent } from './origin-probe.ts'

/** A call's place in the logs. `trace` is absent for work that no request waits for. */
interface CallContext {
  readonly requestId: string
  readonly trace?: Trace
}

/** A user, by a token that makes row level security hold in the database. */
interface MemberCaller extends CallContext {
  readonly kind: 'member'
  readonly userId: UserId
  readonly token: string
}

/** The CRM's backend, known by the internal key. It may name the user that an answer is about. */
interface ServiceCaller extends CallContext {
  readonly kind: 'service'
  readonly userId: UserId | null
}

/** In whose name the origin is called. */
export type Caller = MemberCaller | ServiceCaller

/** The entry that a body is loaded for. */
export type LoadTarget = Omit<LoadRequest, 'params'>

/**
 * The bytes of a resource's `data`, or null if the resource does not exist. An origin of another release may have made them by another
 * version of the resource's declaration: they may answer, and nobody may keep them under a key of this one.
 */
export type LoadedBody = Result<Uint8Array | null, WireError> & { readonly isOfOtherVersion?: true }

/** The Node origin behind all tiers. Never rejects; every call settles within `limits.originDeadlineMs`. */
export interface Origin {
  load(
    question: Pick<Question, 'resource' | 'params'>,
    target: LoadTarget,
    caller: Caller,
  ): Promise<LoadedBody>
  /** The caller's role. `version` names what the answer will be judged by: calls of another version share no query. */
  membership(
    workspaceId: WorkspaceId,
    version: string | null,
    caller: Caller,
  ): Promise<Result<Role | null, WireError>>
  boards(workspaceId: WorkspaceId, caller: Caller): Promise<Result<BoardId[], WireError>>
  /** The other things that a warm-up begins with. */
  needs(workspaceId: WorkspaceId, caller: Caller): Promise<Result<WorkspaceNeeds, WireError>>
  /** The bytes of a workspace's cache settings. */
  settings(workspaceId: WorkspaceId, caller: Caller): Promise<Result<Uint8Array | null, WireError>>
  /** A write like those of contacts: sent at most once, and `write_unconfirmed` where nobody can say whether it was made. */
  saveSettings(
    workspaceId: WorkspaceId,
    change: CacheSettingsChange,
    caller: Caller,
  ): Promise<Result<SavedSettings, WireError>>
  readonly contacts: ContactWrites<Caller>
  /** Any other write, like those of contacts. `schema` is that of its `data`. */
  write<Schema extends z.ZodType>(
    schema: Schema,
    write: OriginWrite,
    caller: Caller,
  ): Promise<Result<z.output<Schema>, WireError>>
  /** A write whose body passes on while it arrives. It settles within its own deadline. */
  passOn<Schema extends z.ZodType>(
    schema: Schema,
    passed: PassedOn,
    caller: Caller,
  ): Promise<Result<z.output<Schema>, WireError>>
  /** Any other read, in the caller's name. `schema` is that of its `data`. */
  read<Schema extends z.ZodType>(
    schema: Schema,
    read: OriginRead,
    caller: Caller,
  ): Promise<Result<z.output<Schema>, WireError>>
  /** Whether the origin answers, whether its database does, and its health in its own words; null if it does not answer. */
  probe(): Promise<OriginProbe>
  breaker(): BreakerStatus
}

/** A read of the origin's interface. */
interface OriginRead {
  readonly path: string
  readonly workspaceId?: WorkspaceId
  /** The schema is that of the whole body, also of a 503 that is no error: health says what it knows with every status. */
  readonly isBare?: true
}

/** A write of the origin's interface. */
export interface OriginWrite {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  /** Where neither path nor body names it. */
  readonly workspaceId?: WorkspaceId
}

/** A body that passes on while it arrives. */
export interface PassedOn {
  readonly path: string
  readonly contentType: string
  /** Other headers. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: ReadableStream<Uint8Array>
  readonly deadlineMs: number
  /** The fault of whoever sends the body here, after a failure that says nothing about the origin; null if it is the origin's. */
  sendersFault(isLate: boolean): WireError | null
}

interface OriginOptions {
  readonly url: string
  readonly internalAuthKey: string
  readonly clock: Clock
  readonly recorder: Recorder
  /** Whether there are others that can answer reads, so that a read waits no longer for one that is silent. */
  readonly isOneOfSeveral?: boolean
}

/** `resourceVersion` is absent if the answer does not say it. */
type Answer = Result<Uint8Array | null, WireError> & { readonly resourceVersion?: number }

const decoder = new TextDecoder()

/** An origin that hangs costs each isolate one wait for its deadline in five seconds. */
const pace: BreakerPace = {
  ...tierPace,
  pauseMaxMs: 5_000,
  trialLostMs: limits.originDeadlineMs + 1_000,
}

/** Nothing was sent, or the origin did not let this Worker in. */
const away: Answer = err({ code: 'origin_unavailable', retryAfterSeconds: limits.retryAfterSeconds })
/** It was sent, and what came back is no answer of the origin's. */
const lost: Answer = err({ code: 'origin_unavailable', retryAfterSeconds: limits.retryAfterSeconds })
const late: Answer = err({ code: 'origin_timeout' })
/** How the origin answers writes, and most reads. */
const succeededSchema = z.object({ success: z.literal(true), data: z.unknown() })
const unconfirmed = err({ code: 'write_unconfirmed' } as const)

/** One call of the origin's HTTP interface. */
interface OriginCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  /** Where the path does not name it. */
  readonly workspaceId?: WorkspaceId
  readonly isBare?: boolean
  /** In place of `body`. */
  readonly passed?: PassedOn
}

export function createOrigin(options: OriginOptions): Origin {
  const { clock, recorder } = options
  const breaker = createBreaker(clock, pace, (state) =>
    recorder.record({ kind: 'breaker', tier: 'origin', side: 'get', state }),
  )

  const send = createSend(options, breaker)

  function call(path: string, caller: Caller, body?: unknown): Promise<Answer> {
    return send({ method: body === undefined ? 'GET' : 'POST', path, body }, caller)
  }

  async function callFor<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    caller: Caller,
    body?: unknown,
  ): Promise<Result<z.output<Schema>, WireError>> {
    const answer = await call(path, caller, body)
    if (!answer.ok) return answer
    const parsed = schema.safeParse(parseJson(answer.value))
    return parsed.success ? ok(parsed.data) : err({ code: 'origin_unavailable' })
  }

  const write = createWrite(send)

  return {
    async load({ resource, params }, target, caller) {
      const answer = await call(`/load/${resource.name}`, caller, { ...target, params })
      if (!answer.ok) return isAbsence(answer.error) ? ok(null) : answer
      const { value, resourceVersion = resource.version } = answer
      return resourceVersion === resource.version ? ok(value) : { ...ok(value), isOfOtherVersion: true }
    },
    async membership(workspaceId, version, caller) {
      const query = version === null ? '' : `?version=${encodeURIComponent(version)}`
      const path = `${workspacePath(workspaceId)}/membership${query}`
      const answer = await callFor(membershipSchema, path, caller)
      return answer.ok ? ok(answer.value.role) : answer
    },
    async boards(workspaceId, caller) {
      const answer = await callFor(boardListSchema, `${workspacePath(workspaceId)}/boards`, caller)
      return answer.ok ? ok(answer.value.boards.map((board) => board.id)) : answer
    },
    needs: (workspaceId, caller) =>
      callFor(workspaceNeedsSchema, `${workspacePath(workspaceId)}/needs`, caller),
    settings: (workspaceId, caller) => call(`${workspacePath(workspaceId)}/settings`, caller),
    async saveSettings(workspaceId, change, caller) {
      const answer = writeAnswer(await call(`${workspacePath(workspaceId)}/settings`, caller, change))
      if (!answer.ok) return answer
      const saved = savedSettingsSchema.safeParse(parseJson(answer.value))
      return saved.success ? ok(saved.data) : unconfirmed
    },
    contacts: createContactWrites(write),
    write,
    passOn: (schema, passed, caller) => write(schema, { method: 'POST', path: passed.path, passed }, caller),
    read: createRead(send),
    breaker: () => breaker.status(),
    probe: () => probeOrigin(options),
  }
}

/**
 * Calls the origin unless its breaker is open: then cached answers are served at once, and no reader waits for a
 * deadline.
 */
function createSend(options: OriginOptions, breaker: Breaker) {
  return async function send(outgoing: OriginCall, caller: Caller): Promise<Answer> {
    const settle = breaker.admit()
    if (settle === null) return away
    const answer = await fetchAnswer(options, outgoing, caller)
    // If the origin itself reports a timeout, one query was slow. If the deadline passes here, the origin is slow.
    const hasFailed = answer === late || (!answer.ok && answer.error.code === 'origin_unavailable')
    const fault = hasFailed ? (outgoing.passed?.sendersFault(answer === late) ?? null) : null
    settle(fault !== null ? 'unheard' : hasFailed ? 'failed' : 'answered')
    return fault === null ? answer : err(fault)
  }
}

const workspacePath = (workspaceId: WorkspaceId) => `/workspaces/${encodeURIComponent(workspaceId)}`

/** Where no answer of the origin's came back, the write may have been made, and it is not for this Worker to send it again. */
function writeAnswer(answer: Answer): Answer {
  const isTooLarge = !answer.ok && answer.error.code === 'answer_too_large'
  return answer === late || answer === lost || isTooLarge ? unconfirmed : answer
}

/** Sends a read, and reads the answer by the schema of its `data`, or of the whole of it. */
function createRead(send: (call: OriginCall, caller: Caller) => Promise<Answer>): Origin['read'] {
  return async function read<Schema extends z.ZodType>(
    schema: Schema,
    outgoing: OriginRead,
    caller: Caller,
  ): Promise<Result<z.output<Schema>, WireError>> {
    const answer = await send({ method: 'GET', ...outgoing }, caller)
    if (!answer.ok) return answer
    const body = parseJson(answer.value)
    const parsed = schema.safeParse(outgoing.isBare ? body : succeededSchema.safeParse(body).data?.data)
    return parsed.success ? ok(parsed.data) : err({ code: 'origin_unavailable' })
  }
}

/** Sends a write, and reads the answer by the schema of its `data`. */
function createWrite(send: (call: OriginCall, caller: Caller) => Promise<Answer>) {
  return async function write<Schema extends z.ZodType>(
    schema: Schema,
    outgoing: OriginCall,
    caller: Caller,
  ): Promise<Result<z.output<Schema>, WireError>> {
    const answer = writeAnswer(await send(outgoing, caller))
    if (!answer.ok) return answer
    const enveloped = succeededSchema.safeParse(parseJson(answer.value))
    const parsed = schema.safeParse(enveloped.data?.data)
    return parsed.success ? ok(parsed.data) : unconfirmed
  }
}

/**
 * One call, sent once: a redirect is not followed, since that would send it a second time. The body is read within the deadline too,
 * so that a stalled answer does not hold the reader.
 */
async function fetchAnswer(
  { url, internalAuthKey, clock, recorder, isOneOfSeveral }: OriginOptions,
  { method, path, body, workspaceId, isBare = false, passed }: OriginCall,
  caller: Caller,
): Promise<Answer> {
  const startedAtMs = clock.now()
  const headers = new Headers({
    Authorization: `Bearer ${internalAuthKey}`,
    ...(caller.kind === 'member' ? { [callerTokenHeader]: caller.token } : {}),
    [requestIdHeader]: caller.requestId,
    ...(workspaceId === undefined ? {} : { [workspaceHeader]: workspaceId }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(passed === undefined ? {} : { ...passed.headers, 'Content-Type': passed.contentType }),
    ...(caller.trace === undefined ? {} : traceHeaders(caller.trace, crypto.randomUUID())),
  })
  const request = {
    method,
    headers,
    redirect: 'manual' as const,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(passed === undefined ? {} : { body: passed.bytes }),
  }
  const attempt = async (signal: AbortSignal) =>
    readAnswer(await fetch(`${url}${path}`, { ...request, signal }), isBare)
  const isRead = method === 'GET' || path.startsWith('/load/')
  const answer = await withinDeadline<Answer>(
    clock,
    passed?.deadlineMs ?? limits.originDeadlineMs,
    async (signal) => {
      try {
        if (isOneOfSeveral && isRead) return await unlessSilent({ url, clock }, signal, attempt)
        return await attempt(signal)
      } catch {
        return lost
      }
    },
    late,
  )
  recorder.record({ kind: 'origin', outcome: outcomeOf(answer), durationMs: clock.now() - startedAtMs })
  return answer
}

/** Reads an answer up to the size that an answer may have: a larger one must not exhaust the isolate's memory. */
async function readAnswer(response: Response, isBare: boolean): Promise<Answer> {
  const bytes = await readBounded(response.body, limits.answerBytesMax)
  if (bytes === null) return err({ code: 'answer_too_large' })
  if (response.ok) {
    const version = response.headers.get(resourceVersionHeader)
    return version === null ? ok(bytes) : { ...ok(bytes), resourceVersion: Number(version) }
  }
  const body = errorBodySchema.safeParse(parseJson(bytes))
  if (!body.success) return isBare && response.status === 503 ? ok(bytes) : lost
  if (body.data.code === 'key_invalid') return away
  const { code, details, retryAfter } = body.data
  return err({
    code,
    ...(details === undefined ? {} : { details }),
    ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }),
  })
}

function parseJson(bytes: Uint8Array | null): unknown {
  try {
    return bytes === null ? null : JSON.parse(decoder.decode(bytes))
  } catch {
    return null
  }
}

function outcomeOf(answer: Answer): Extract<CacheEvent, { kind: 'origin' }>['outcome'] {
  if (answer.ok) return 'done'
  if (isAbsence(answer.error)) return 'not-found'
  switch (answer.error.code) {
    case 'overloaded':
      return 'overloaded'
    case 'answer_too_large':
      return 'too-large'
    case 'origin_timeout':
      return 'timeout'
    case 'origin_unavailable':
    case 'internal':
      return 'unavailable'
    default:
      return 'refused'
  }
}
