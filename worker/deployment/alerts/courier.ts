import type { Clock } from '../../../shared/clock.ts'
import { limits } from '../../../shared/limits.ts'
import type { ChangeLog, WaitingChange } from './change-log.ts'
import type { SendChange } from './webhook.ts'

/** Delivers changes of alerts to the webhook. */
interface Courier {
  /**
   * Tries every change that is due and settles when all tries have ended. Rejects if storage fails, and never because
   * of a receiver.
   */
  deliver(): Promise<void>
  /** When `deliver` should be called next; null until there is another change. */
  dueAtMs(): number | null
}

/** Fifteen tries take about an hour and a half. After that the alert is history. */
const pauseMs = { first: 2_000, max: 900_000 }

/**
 * Each change is sent until the receiver answers with 2xx or all tries are used up, and never again after a 2xx. A
 * change of an alert is not sent before the previous change of that alert is settled. One thing cannot be guaranteed:
 * if this object ends after the receiver's 2xx and before it is recorded, the change is sent once more, under the same
 * `webhook-id`, by which the receiver recognizes it (Standard Webhooks, "Idempotency").
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
