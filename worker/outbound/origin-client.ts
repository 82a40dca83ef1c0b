import type { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { errorBodySchema } from '../../shared/contract/errors.ts'
import type { LoadRequest } from '../../shared/contract/origin.ts'
import {
  boardListSchema,
  callerTokenHeader,
  membershipSchema,
  originHealthSchema,
  requestIdHeader,
} from '../../shared/contract/origin.ts'
import type { CacheSettings, CacheSettingsChange, SavedSettings } from '../../shared/contract/settings.ts'
import { cacheSettingsSchema, savedSettingsSchema } from '../../shared/contract/settings.ts'
import type { Trace } from '../../shared/contract/trace.ts'
import { traceHeaders } from '../../shared/contract/trace.ts'
import type { Role, WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { readBounded } from '../../shared/read-bounded.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { CacheEvent, Recorder } from '../events.ts'
import type { BreakerPace, BreakerStatus } from './circuit-breaker.ts'
import { createBreaker, tierPace } from './circuit-breaker.ts'

/**
 * The user on whose behalf the origin is called. The JWT puts row level security into effect; the id ties the logs
 * together.
 */
export interface Caller {
  readonly token: string
  readonly requestId: string
  /** Absent for work that no request waits for. */
  readonly trace?: Trace
}

/** The Node origin behind all tiers. Never rejects; every call settles within `limits.originDeadlineMs`. */
export interface Origin {
  /** The bytes of a resource's `data`, or null if the resource does not exist. */
  load(
    resourceName: string,
    request: LoadRequest,
    caller: Caller,
  ): Promise<Result<Uint8Array | null, WireError>>
  membership(workspaceId: WorkspaceId, caller: Caller): Promise<Result<Role | null, WireError>>
  boards(workspaceId: WorkspaceId, caller: Caller): Promise<Result<string[], WireError>>
  settings(workspaceId: WorkspaceId, caller: Caller): Promise<Result<CacheSettings, WireError>>
  saveSettings(
    workspaceId: WorkspaceId,
    change: CacheSettingsChange,
    caller: Caller,
  ): Promise<Result<SavedSettings, WireError>>
  /** Whether the origin answers, and whether its database does. */
  probe(): Promise<{ origin: boolean; database: boolean }>
  breaker(): BreakerStatus
}

interface OriginOptions {
  readonly url: string
  readonly internalAuthKey: string
  readonly clock: Clock
  readonly recorder: Recorder
}

type Answer = Result<Uint8Array | null, WireError>

const decoder = new TextDecoder()

/** An origin that hangs costs each isolate one wait for its deadline in five seconds. */
const pace: BreakerPace = {
  ...tierPace,
  pauseMaxMs: 5_000,
  trialLostMs: limits.originDeadlineMs + 1_000,
}

const away: Answer = err({ code: 'origin_unavailable', retryAfterSeconds: limits.retryAfterSeconds })
const late: Answer = err({ code: 'origin_timeout' })

export function createOrigin(options: OriginOptions): Origin {
  const { url, clock, recorder } = options
  const breaker = createBreaker(clock, pace, (state) =>
    recorder.record({ kind: 'breaker', tier: 'origin', side: 'get', state }),
  )

  /**
   * Calls the origin unless its breaker is open: then cached answers are served at once, and no reader waits for a
   * deadline.
   */
  async function fetchAnswer(path: string, caller: Caller, body?: unknown): Promise<Answer> {
    const settle = breaker.admit()
    if (settle === null) return away
    const answer = await fetchOrigin(options, path, caller, body)
    // If the origin itself reports a timeout, one query was slow. If the deadline passes here, the origin is slow.
    const hasFailed = answer === late || (!answer.ok && answer.error.code === 'origin_unavailable')
    settle(hasFailed ? 'failed' : 'answered')
    return answer
  }

  async function fetchParsed<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    caller: Caller,
    body?: unknown,
  ): Promise<Result<z.output<Schema>, WireError>> {
    const answer = await fetchAnswer(path, caller, body)
    if (!answer.ok) return answer
    const parsed = schema.safeParse(parseJson(answer.value))
    return parsed.success ? ok(parsed.data) : err({ code: 'origin_unavailable' })
  }

  return {
    async load(resourceName, request, caller) {
      const answer = await fetchAnswer(`/load/${resourceName}`, caller, request)
      return answer.ok || answer.error.code !== 'board_not_found' ? answer : ok(null)
    },
    async membership(workspaceId, caller) {
      const answer = await fetchParsed(membershipSchema, `${workspacePath(workspaceId)}/membership`, caller)
      return answer.ok ? ok(answer.value.role) : answer
    },
    async boards(workspaceId, caller) {
      const answer = await fetchParsed(boardListSchema, `${workspacePath(workspaceId)}/boards`, caller)
      return answer.ok ? ok(answer.value.boards.map((board) => board.id)) : answer
    },
    settings: (workspaceId, caller) =>
      fetchParsed(cacheSettingsSchema, `${workspacePath(workspaceId)}/settings`, caller),
    saveSettings: (workspaceId, change, caller) =>
      fetchParsed(savedSettingsSchema, `${workspacePath(workspaceId)}/settings`, caller, change),
    breaker: () => breaker.status(),
    probe: () =>
      withinDeadline(
        clock,
        limits.probeDeadlineMs,
        async (signal) => {
          try {
            const response = await fetch(`${url}/health`, { signal })
            const health = originHealthSchema.safeParse(
              parseJson(await readBounded(response.body, limits.answerBytesMax)),
            )
            return { origin: health.success, database: health.success && health.data.database.available }
          } catch {
            return { origin: false, database: false }
          }
        },
        { origin: false, database: false },
      ),
  }
}

const workspacePath = (workspaceId: WorkspaceId) => `/workspaces/${encodeURIComponent(workspaceId)}`

/** Makes one call. The body is read within the deadline too, so that a stalled answer does not hold the reader. */
async function fetchOrigin(
  { url, internalAuthKey, clock, recorder }: OriginOptions,
  path: string,
  caller: Caller,
  body: unknown,
): Promise<Answer> {
  const startedAtMs = clock.now()
  const headers = new Headers({
    Authorization: `Bearer ${internalAuthKey}`,
    [callerTokenHeader]: caller.token,
    [requestIdHeader]: caller.requestId,
    ...(caller.trace === undefined ? {} : traceHeaders(caller.trace, crypto.randomUUID())),
  })
  if (body !== undefined) headers.set('Content-Type', 'application/json')
  const request =
    body === undefined ? { method: 'GET', headers } : { method: 'POST', headers, body: JSON.stringify(body) }
  const answer = await withinDeadline<Answer>(
    clock,
    limits.originDeadlineMs,
    async (signal) => {
      try {
        return await readAnswer(await fetch(`${url}${path}`, { ...request, signal }))
      } catch {
        return away
      }
    },
    late,
  )
  recorder.record({ kind: 'origin', outcome: outcomeOf(answer), durationMs: clock.now() - startedAtMs })
  return answer
}

/** Reads an answer up to the size that an answer may have: a larger one must not exhaust the isolate's memory. */
async function readAnswer(response: Response): Promise<Answer> {
  const bytes = await readBounded(response.body, limits.answerBytesMax)
  if (bytes === null) return err({ code: 'answer_too_large' })
  if (response.ok) return ok(bytes)
  const body = errorBodySchema.safeParse(parseJson(bytes))
  if (!body.success || body.data.code === 'key_invalid') return away
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
  switch (answer.error.code) {
    case 'board_not_found':
      return 'not-found'
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
