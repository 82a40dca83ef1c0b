import type { Look } from '../../origin/outbox/outbox.ts'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'

/** The database's outbox_wait: it ends at the instant at which a row is visible and due, or at its bound, whether its relay lives or not. */
export interface OutboxWatch {
  look(): Promise<Look>
  /** To be called whenever a row may have become due earlier than before. */
  glance(): void
}

/** `firstDueAtMs` answers when the first row that is visible is due, or infinity if there is none. */
export function createOutboxWatch(clock: Clock, firstDueAtMs: () => number): OutboxWatch {
  let looking: { readonly endMs: number; readonly end: (seen: Look) => void } | null = null

  function glance(): void {
    if (looking === null) return
    const { endMs, end } = looking
    const dueAtMs = firstDueAtMs()
    if (dueAtMs <= clock.now()) end('rows')
    else if (clock.now() >= endMs) end('none')
    else clock.schedule(glance, Math.min(dueAtMs, endMs) - clock.now())
  }

  return {
    glance,
    async look() {
      if (looking !== null) return 'busy'
      return new Promise((resolve) => {
        const end = (seen: Look) => {
          looking = null
          resolve(seen)
        }
        looking = { endMs: clock.now() + limits.outboxWaitMs, end }
        glance()
      })
    },
  }
}
