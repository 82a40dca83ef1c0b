import { Webhook } from 'standardwebhooks'
import type { Clock } from '../../../shared/clock.ts'
import { withinDeadline } from '../../../shared/clock.ts'
import type { AlertChange } from '../../../shared/contract/alerts.ts'
import { limits } from '../../../shared/limits.ts'

/** Where changes of alerts are told, and what they are signed with. */
interface WebhookAccess {
  readonly url: string
  /** `whsec_` and base64, as Standard Webhooks has it. */
  readonly secret: string
}

/** How one try ended. `gone` (410): the receiver wants no more of it; null: no answer in time. */
export interface TryOutcome {
  readonly kind: 'taken' | 'refused' | 'gone'
  readonly status: number | null
  /** What the receiver asked for by `Retry-After`. */
  readonly retryAfterMs: number | null
}

/** Tells one change, once. Never rejects. */
export type SendChange = (change: AlertChange) => Promise<TryOutcome>

const unanswered: TryOutcome = { kind: 'refused', status: null, retryAfterMs: null }

/**
 * Posts changes after the Standard Webhooks specification 1.0: `webhook-id` is the change's and the same for each try, the
 * timestamp and the signature are the try's. A redirect is not followed (the specification, "Webhook URLs and redirects"):
 * a signed body goes nowhere but where it is configured to go.
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
