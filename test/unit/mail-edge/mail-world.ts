import type { WireError } from '../../../shared/contract/errors.ts'
import type { MailOutcome, TakenMail } from '../../../shared/contract/inbound-email.ts'
import { communicationIdSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import { createRedisClient } from '../../../shared/redis/client.ts'
import { createRedisNamespace } from '../../../shared/redis/namespace.ts'
import type { Result } from '../../../shared/result.ts'
import { ok } from '../../../shared/result.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import { createEdgeCounts } from '../../../worker/inbound-email/edge-counts.ts'
import { createKnownMail } from '../../../worker/inbound-email/known-mail.ts'
import type { MailFacts } from '../../../worker/inbound-email/mail-facts.ts'
import type { MailParts } from '../../../worker/inbound-email/take-mail.ts'
import type { OriginWrite, PassedOn } from '../../../worker/outbound/origin-client.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeRedis } from '../../support/fake-redis.ts'

export const facts: MailFacts = {
  messageId: 'one@example.com',
  digest: 'a'.repeat(64),
  sender: 'ann@example.com',
  recipients: ['sales@acme.example'],
}

export const ofWorkspace = (workspaceId: string) => ({ workspaceId: workspaceIdSchema.parse(workspaceId) })

export function processed(workspaceId = '15213'): MailOutcome {
  return {
    ...ofWorkspace(workspaceId),
    status: 'processed',
    communicationId: communicationIdSchema.parse('comm_1'),
    companyId: null,
    contactId: null,
    threadId: 'thread_1' as Extract<MailOutcome, { status: 'processed' }>['threadId'],
    automated: null,
    isIdReused: false,
  }
}

export function queued(workspaceId = '15213'): MailOutcome {
  return { ...ofWorkspace(workspaceId), status: 'queued', priority: 'normal' }
}

export function limited(
  untilMs: number,
  workspaceId = '15213',
  scope: 'sender' | 'domain' = 'sender',
): MailOutcome {
  const limitedUntil = new Date(untilMs).toISOString()
  return { ...ofWorkspace(workspaceId), status: 'limited', scope, retryAfterSeconds: 7, limitedUntil }
}

export function taken(...outcomes: MailOutcome[]): TakenMail {
  return { messageId: facts.messageId, digest: facts.digest, senderDomain: 'example.com', outcomes }
}

/** The edge's parts with a Redis and an origin that a test arranges. */
export function createMailWorld({ hasRedis = true } = {}) {
  const clock = createFakeClock()
  const redis = createFakeRedis(clock)
  const client = createRedisClient({ transport: redis.transport, clock, deadlineMs: 1_000 })
  const namespace = hasRedis ? createRedisNamespace({ name: 'emailCache', client, clock }) : null
  const writes: (OriginWrite | PassedOn)[] = []
  const events: CacheEvent[] = []
  const kept: Promise<unknown>[] = []
  const world = {
    clock,
    redis,
    writes,
    events,
    kept,
    namespace,
    /** The next answers of the origin, one after the other; the last one stays. */
    answers: [ok(taken(processed()))] as Result<unknown, WireError>[],
    /** Reads what is passed on, as a server does; a test may replace it. */
    async receive(passed: PassedOn): Promise<Uint8Array> {
      return new Uint8Array(await new Response(passed.bytes).arrayBuffer())
    },
    received: [] as Uint8Array[],
    async settleKept() {
      await Promise.all(kept.splice(0))
    },
  }
  const next = () =>
    (world.answers.length > 1 ? world.answers.shift() : world.answers[0]) as Result<never, WireError>
  const origin: MailParts['origin'] = {
    async write(_schema, write) {
      writes.push(write)
      return write.path.endsWith('/edge-counts') ? (ok({ isNew: true }) as Result<never, WireError>) : next()
    },
    async passOn(_schema, passed) {
      writes.push(passed)
      try {
        world.received.push(await world.receive(passed))
      } catch {
        const fault = passed.sendersFault(false)
        return { ok: false, error: fault ?? { code: 'origin_unavailable' } }
      }
      return next()
    },
  }
  const counts = createEdgeCounts(origin, clock, () => '00000000-0000-4000-8000-000000000000')
  const parts: MailParts = {
    clock,
    origin,
    counts,
    recorder: { record: (event) => void events.push(event) },
    known: createKnownMail({ namespace, clock }),
  }
  const arriving = () => ({
    way: 'json' as const,
    startedAtMs: clock.now(),
    caller: { kind: 'service', userId: null, requestId: 'request-1' } as const,
    keepAlive: (work: Promise<unknown>) => void kept.push(work),
  })
  return { ...world, world, parts, arriving }
}
