import type { Clock } from '../../../shared/clock.ts'
import { limits } from '../../../shared/limits.ts'
import type { ChangeLog, WaitingChange } from './change-log.ts'
import type { SendChange } from './webhook.ts'

/** Carries changes of alerts to the webhook. */
interface Courier {
  /**
   * Tries what is due, and settles when all of that is over; to be called whenever something is due. Rejects where
   * storage fails, and for nothing that a receiver does.
   */
  deliver(): Promise<void>
  /** When it wants to be called next; null: not until something changes. */
  dueAtMs(): number | null
}

/** Fifteen tries take about an hour and a half; an alert older than that is history. */
const pauseMs = { first: 2_000, max: 900_000 }

/**
 * What is promised: each change is sent until the receiver answers with 2xx or the tries are used up; after a 2xx never
 * again; of one alert a change is not sent before the one before it is settled. What cannot be: when this object ends
 * between a receiver's 2xx and its being written down, the change goes out once more, under the same `webhook-id`, by which
 * the receiver knows it (Standard Webhooks, "Idempotency").
 */
export function createCourier(
  log: ChangeLog,
  send: SendChange | null,
  clock: Clock,
  random: () => number,
): Courier {
  const pauseAfterMs = (tries: number) =>
    Math.min(pauseMs.first * 2 ** Math.min(tries - 1, 30), pauseMs.max) * (0.5 + random() / 2)

  async function attempt({ change, tries }: WaitingChange, sendIt: SendChange): Promise<void> {
    const { kind, status, retryAfterMs } = await sendIt(change)
    if (kind === 'taken') return log.settle(change.id, 'delivered', status)
    if (kind === 'gone' || tries >= limits.alertTriesMax) return log.settle(change.id, 'failed', status)
    const wantedMs = Math.min(retryAfterMs ?? 0, pauseMs.max)
    log.putOff(change.id, status, clock.now() + Math.max(wantedMs, Math.round(pauseAfterMs(tries))))
  }

  return {
    async deliver() {
      if (send === null) return
      const taken = log.take(clock.now(), (tries) =>
        Math.round(limits.alertWebhookDeadlineMs + pauseAfterMs(tries)),
      )
      await Promise.all(taken.map((waiting) => attempt(waiting, send)))
    },
    dueAtMs: () => (send === null ? null : log.dueAtMs()),
  }
}
