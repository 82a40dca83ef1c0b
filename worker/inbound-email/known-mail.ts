import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { type TakenMail, takenMailSchema } from '../../shared/contract/inbound-email.ts'
import { hexDigest } from '../../shared/hex-digest.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { RedisFailure } from '../../shared/redis/client.ts'
import type { RedisNamespace } from '../../shared/redis/namespace.ts'
import type { Result } from '../../shared/result.ts'
import { err } from '../../shared/result.ts'
import { createBreaker, tierPace } from '../outbound/circuit-breaker.ts'
import type { MailFacts } from './mail-facts.ts'

/** The counts to which an answer from Redis belongs. */
const concernedSchema = z.object({
  workspaces: z.array(workspaceIdSchema).min(1),
  senderDomain: takenMailSchema.shape.senderDomain,
})
type Concerned = z.output<typeof concernedSchema>

const completedSchema = concernedSchema.extend({
  state: z.literal('completed'),
  processedAt: z.iso.datetime({ offset: true }),
})
/** The database has a row of it, and it may still wait in the queue. Only the database can say more. */
const takenSchema = z.object({ state: z.literal('taken') })
const messageSchema = z.discriminatedUnion('state', [completedSchema, takenSchema])
type NotedMessage = z.output<typeof messageSchema>

const refusalSchema = concernedSchema.extend({ scope: z.enum(['sender', 'domain']), untilMs: z.int() })
type Refusal = z.output<typeof refusalSchema>

/** An answer to a message that is given without the database. */
export type Known =
  | (Concerned & { readonly kind: 'completed'; readonly processedAt: string })
  | (Concerned & {
      readonly kind: 'refused'
      readonly scope: 'sender' | 'domain'
      readonly retryAfterSeconds: number
    })

/**
 * The memory of mail in Redis, in the namespace `emailCache`: messages that the database has committed, for 24 hours, and senders that it
 * has refused, until their limit allows a message more and for a minute at most. Both are noted by digests of the message, the sender
 * and all recipients, so that neither a key nor a value has an address, and what is known of one workspace's mail is never said of
 * another's. While Redis is away, the database decides on messages, and each isolate remembers the refusals that it has seen itself.
 */
export interface KnownMail {
  /** Never rejects, and settles within `limits.mailLookupDeadlineMs`. */
  look(facts: MailFacts): Promise<Known | null>
  /** Notes the database's answer. Never rejects, and settles within `limits.mailNoteDeadlineMs`. */
  note(facts: MailFacts, taken: TakenMail): Promise<void>
}

interface KnownMailOptions {
  /** Null if it is switched off. */
  readonly namespace: RedisNamespace | null
  readonly clock: Clock
}

const unavailable = err({ kind: 'unavailable' } as const)

export function createKnownMail({ namespace, clock }: KnownMailOptions): KnownMail {
  const breaker = createBreaker(clock, tierPace, () => undefined)
  const refusals = new LRUCache<string, Refusal>({ max: limits.isolateMailRefusalsMax })

  /** One call of Redis, behind the breaker and within a deadline. */
  async function call<Value>(
    deadlineMs: number,
    use: (redis: RedisNamespace, signal: AbortSignal) => Promise<Result<Value, RedisFailure>>,
  ): Promise<Result<Value, RedisFailure>> {
    const settle = namespace === null ? null : breaker.admit()
    if (namespace === null || settle === null) return unavailable
    const answer = await withinDeadline<Result<Value, RedisFailure>>(
      clock,
      deadlineMs,
      (signal) => use(namespace, signal),
      err({ kind: 'timeout' }),
    )
    settle(answer.ok || answer.error.kind === 'refused' ? 'answered' : 'failed')
    return answer
  }

  async function write(key: string, value: NotedMessage | Refusal, lifetimeMs: number): Promise<void> {
    await call(limits.mailNoteDeadlineMs, (redis, signal) =>
      redis.write(key, JSON.stringify(value), lifetimeMs, signal),
    )
  }

  function refusedBy(refusal: Refusal | null): Known | null {
    const waitMs = refusal === null ? 0 : refusal.untilMs - clock.now()
    if (refusal === null || waitMs <= 0) return null
    const { untilMs: _untilMs, ...rest } = refusal
    return { ...rest, kind: 'refused', retryAfterSeconds: Math.ceil(waitMs / 1_000) }
  }

  return {
    async look(facts) {
      const { message, sender } = await keysOf(facts)
      const keys = sender === null ? [message] : [message, sender]
      const read = await call(limits.mailLookupDeadlineMs, (redis, signal) => redis.readAll(keys, signal))
      if (!read.ok) return refusedBy(sender === null ? null : (refusals.get(sender) ?? null))
      const noted = parse(messageSchema, read.value[0])
      // A message that was taken is no new one, so no limit holds it back.
      if (noted?.state === 'taken') return null
      if (noted !== null) {
        const { workspaces, senderDomain, processedAt } = noted
        return { kind: 'completed', workspaces, senderDomain, processedAt }
      }
      return refusedBy(parse(refusalSchema, read.value[1]))
    },
    async note(facts, taken) {
      const { message, sender } = await keysOf(facts)
      const noted = notedMessage(taken, clock.now())
      if (noted !== null) return write(message, noted, limits.mailCompletedSeconds * 1_000)
      const refusal = refusalIn(taken)
      if (refusal === null || sender === null) return
      const lifetimeMs = Math.min(refusal.untilMs - clock.now(), limits.mailRefusalMemoryMs)
      if (lifetimeMs <= 0) return
      refusals.set(sender, { ...refusal, untilMs: clock.now() + lifetimeMs })
      await write(sender, refusal, lifetimeMs)
    },
  }
}

const digested = new WeakMap<MailFacts, ReturnType<typeof digestKeys>>()

/** A message is looked for and then noted, under the same keys. */
function keysOf(facts: MailFacts): ReturnType<typeof digestKeys> {
  const keys = digested.get(facts) ?? digestKeys(facts)
  digested.set(facts, keys)
  return keys
}

async function digestKeys({ messageId, digest, sender, recipients }: MailFacts) {
  const addressees = [...recipients].sort()
  const [message, ofSender] = await Promise.all([
    hexDigest(JSON.stringify(['message', messageId, digest, addressees])),
    sender === null ? null : hexDigest(JSON.stringify(['sender', sender, addressees])),
  ])
  return { message: `mail:${message}`, sender: ofSender === null ? null : `refused:${ofSender}` }
}

/** Null if a workspace has not taken the message: then nobody may take it for known. */
function notedMessage({ outcomes, senderDomain }: TakenMail, nowMs: number): NotedMessage | null {
  if (outcomes.some(({ status }) => status === 'limited')) return null
  const instants: string[] = []
  for (const outcome of outcomes) {
    if (outcome.status === 'processed') instants.push(new Date(nowMs).toISOString())
    else if (outcome.status === 'seen' && outcome.state === 'completed' && outcome.processedAt !== null)
      instants.push(outcome.processedAt)
    else return { state: 'taken' }
  }
  const latestMs = Math.max(...instants.map((instant) => Date.parse(instant)))
  return {
    state: 'completed',
    processedAt: new Date(latestMs).toISOString(),
    workspaces: outcomes.map(({ workspaceId }) => workspaceId),
    senderDomain,
  }
}

/** Null unless every workspace has refused the sender: the others must get the next message. */
function refusalIn({ outcomes, senderDomain }: TakenMail): Refusal | null {
  const limited = outcomes.flatMap((outcome) => (outcome.status === 'limited' ? [outcome] : []))
  const [first] = limited
  if (first === undefined || limited.length < outcomes.length) return null
  return {
    workspaces: limited.map(({ workspaceId }) => workspaceId),
    senderDomain,
    scope: first.scope,
    untilMs: Math.min(...limited.map(({ limitedUntil }) => Date.parse(limitedUntil))),
  }
}

/** Another release may have written a value in another form, which counts as none. */
function parse<Schema extends z.ZodType>(
  schema: Schema,
  text: string | null | undefined,
): z.output<Schema> | null {
  if (text === null || text === undefined) return null
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
