import { Webhook } from 'standardwebhooks'
import type { Clock } from '../../shared/clock.ts'
import type { OutboundAnswer, Post } from './guarded-post.ts'

/** A message of JSON for somebody who verifies that it comes from here. */
export interface SignedMessage {
  /** The `webhook-id`: the same for all attempts. */
  readonly id: string
  readonly url: string
  readonly body: string
  /** `whsec_…`. The message has a signature for each of them, so that a receiver may know any one. */
  readonly secrets: readonly string[]
  readonly deadlineMs: number
  readonly signal: AbortSignal
}

export type PostSigned = (message: SignedMessage) => Promise<OutboundAnswer>

/** Signs after Standard Webhooks 1.0: timestamp and signatures are those of the attempt. */
export function createSignedPost(post: Post, clock: Clock): PostSigned {
  return ({ id, body, secrets, ...rest }) => {
    const sentAt = new Date(clock.now())
    return post({
      ...rest,
      body,
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'boardcache-webhooks',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
        'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, sentAt, body)).join(' '),
      },
    })
  }
}
