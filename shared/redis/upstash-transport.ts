import { z } from 'zod'
import { readBounded } from '../bytes.ts'
import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import type { RedisAnswer, RedisFailure, RedisReply, RedisRequest, RedisTransport } from './client.ts'

/** A Redis with Upstash's REST interface. */
export interface RedisAccess {
  readonly url: string
  readonly token: string
}

const replySchema: z.ZodType<RedisReply> = z.lazy(() =>
  z.union([z.string(), z.number(), z.null(), z.array(replySchema)]),
)
const answerSchema = z.union([
  z.object({ result: replySchema }).transform(({ result }): RedisAnswer => ({ reply: result })),
  z
    .object({ error: z.string() })
    .transform(({ error }): RedisAnswer => ({ errorCode: error.split(' ', 1)[0] ?? '' })),
])
const answersSchema = z.array(answerSchema)

/**
 * Upstash's REST interface, called directly: one request for any commands (`/pipeline`, or `/multi-exec` for an atomic one). The SDK is
 * not used because it has no general command, retries by itself, and answers an aborted call with a made-up result. Requests share
 * nothing, so that no request of a Worker depends on the I/O of another. `fetch` is injected.
 */
export function createUpstashTransport(
  { url, token }: RedisAccess,
  fetch: (url: string, init: RequestInit) => Promise<Response>,
): RedisTransport {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  return async (request) => {
    const { isAtomic, signal = null } = request
    const response = await fetch(isAtomic ? `${url}/multi-exec` : urlOf(url, request), {
      method: 'POST',
      headers,
      body: JSON.stringify(isSingle(request) ? request.commands[0] : request.commands),
      signal,
    })
    const bytes = await readBounded(response.body, limits.redisReplyBytesMax)
    if (bytes === null) return err({ kind: 'unavailable' })
    return answersOf(response.status, JSON.parse(new TextDecoder().decode(bytes)), request)
  }
}

/** A single command has an address of its own, at which the answer comes without a list. */
const isSingle = ({ commands, isAtomic }: RedisRequest) => !isAtomic && commands.length === 1
const urlOf = (url: string, request: RedisRequest) => (isSingle(request) ? url : `${url}/pipeline`)

/**
 * A pipeline is answered with 200 and a list, whatever its commands did. A single command that Redis refused is answered with 400 and
 * its error. Anything else (401, 429, an HTML page of a proxy) concerns the whole request.
 */
function answersOf(
  status: number,
  body: unknown,
  request: RedisRequest,
): Result<readonly RedisAnswer[], RedisFailure> {
  if (status === 429) return err({ kind: 'rate-limited' })
  if (isSingle(request) && (status === 200 || status === 400)) {
    const answer = answerSchema.safeParse(body)
    return answer.success ? ok([answer.data]) : err({ kind: 'unavailable' })
  }
  const answers = status === 200 ? answersSchema.safeParse(body) : null
  return answers?.success ? ok(answers.data) : err({ kind: 'unavailable' })
}
