import { Webhook } from 'standardwebhooks'
import type { Clock } from '../../../shared/clock.ts'
import { withinDeadline } from '../../../shared/clock.ts'
import type { AlertChange } from '../../../shared/contract/alerts.ts'
import { ownTrace, traceHeaders } from '../../../shared/contract/trace.ts'
import { limits } from '../../../shared/limits.ts'

/** The receiver of changes, and the secret that signs them. */
interface WebhookAccess {
  readonly url: string
  /** `whsec_` followed by base64, as in Standard Webhooks. */
  readonly secret: string
}

/**
 * The outcome of one try. `gone` (410): the receiver wants no more changes. A status of null: no answer came in time.
 */
export interface TryOutcome {
  readonly kind: 'taken' | 'refused' | 'gone'
  readonly status: number | null
  /** How long the receiver wants to be left alone (`Retry-After`). */
  readonly retryAfterMs: number | null
}

/** Sends one change once. Never rejects. */
export type SendChange = (change: AlertChange) => Promise<TryOutcome>

const unanswered: TryOutcome = { kind: 'refused', status: null, retryAfterMs: null }

/**
 * Posts changes as the Standard Webhooks specification 1.0 describes: `webhook-id` is the id of the change and the same
 * for each try; timestamp and signature are those of the try. Redirects are not followed (the specification, "Webhook
 * URLs and redirects"): a signed body goes only to the configured URL.
 */
export function createWebhook(
  access: WebhookAccess,
  clock: Clock,
  fetchIt: typeof fetch = fetch,
): SendChange {
  const webhook = new Webhook(access.secret)
  return (change) => {
    const body = JSON.stringify({
      type: `alert.${change.to}`,
      timestamp: change.at,
      data: change,
    })
    const sentAt = new Date(clock.now())
    const headers = {
      'Content-Type': 'application/json',
      'User-Agent': 'boardcache-alerts',
      'webhook-id': change.id,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
      'webhook-signature': webhook.sign(change.id, sentAt, body),
      // The receiver's logs name the change by the digits of its id, as logs name a request.
      ...traceHeaders(ownTrace(change.id), crypto.randomUUID()),
    }
    return withinDeadline<TryOutcome>(
      clock,
      limits.alertWebhookDeadlineMs,
      async (signal) => {
        try {
          const response = await fetchIt(access.url, {
            method: 'POST',
            redirect: 'manual',
            headers,
            body,
            signal,
          })
          await response.body?.cancel()
          return outcomeOf(response)
        } catch {
          return unanswered
        }
      },
      unanswered,
    )
  }
}

function outcomeOf({ ok, status, headers }: Response): TryOutcome {
  if (ok) return { kind: 'taken', status, retryAfterMs: null }
  const seconds = Number(headers.get('Retry-After') ?? Number.NaN)
  const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null
  return { kind: status === 410 ? 'gone' : 'refused', status, retryAfterMs }
}
