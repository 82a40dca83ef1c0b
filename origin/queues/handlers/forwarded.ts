import { createHash } from 'node:crypto'
import { err, ok } from '../../../shared/result.ts'
import type { PostSigned } from '../../outbound/signed-post.ts'
import type { JobHandler } from '../handler.ts'
import { queues } from '../queues.ts'

/** The CRM's own handler of jobs. */
interface QueueHandler {
  readonly url: string
  /** `whsec_…`: the jobs are signed with each of them. */
  readonly secrets: readonly string[]
}

/** With these the handler says that the same job may succeed later (SPEC 11). Other answers of 4xx are final. */
const temporary: ReadonlySet<number> = new Set([408, 425, 429])

/**
 * Sends a job to the CRM's own handler as `{"type": "<queue>.<name>", "timestamp", "data"}`. 2xx means that it is done. It is sent at
 * least once, under one `webhook-id` for all attempts, by which the handler recognizes a repetition.
 */
export function createForwardingHandler({ url, secrets }: QueueHandler, post: PostSigned): JobHandler {
  return async (job) => {
    const { queue, id, name, workspaceId, attempt, dueAtMs, data, signal } = job
    const answer = await post({
      id: `job_${createHash('sha256').update(`${queue}/${id}`).digest('base64url')}`,
      url,
      secrets,
      body: JSON.stringify({
        type: `${queue}.${name}`,
        timestamp: new Date(dueAtMs).toISOString(),
        data: { queue, jobId: id, name, workspaceId, attempt, input: data },
      }),
      deadlineMs: queues[queue].runMaxMs,
      signal,
    })
    if (answer.kind === 'failed') {
      return err({ kind: answer.failure === 'interrupted' ? 'not_now' : 'again', reason: answer.failure })
    }
    const { status, retryAfterMs } = answer
    if (status >= 200 && status <= 299) return ok({ status })
    const isFinal = status >= 400 && status <= 499 && !temporary.has(status)
    return err({
      kind: isFinal ? 'permanent' : 'again',
      reason: `the handler answered ${status}`,
      ...(isFinal || retryAfterMs === null ? {} : { afterMs: Math.min(retryAfterMs, retryAfterMaxMs) }),
    })
  }
}

/** A handler cannot put off a job for longer than this at a time. */
const retryAfterMaxMs = 3_600_000
