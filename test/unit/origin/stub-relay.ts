import type { Relay, RelayFigures } from '../../../origin/outbox/relay.ts'

export const figures: RelayFigures = {
  status: 'running',
  relayed: 12,
  failures: { timeout: 1 },
  waiting: { depth: 3, oldestAgeMs: 40, parked: 0 },
}

/** A relay with the parts that the test gives. */
export function createStubRelay(does: Partial<Relay> = {}): Relay {
  return {
    start: () => undefined,
    wake: () => undefined,
    deliver: async () => null,
    health: 'running',
    figures: async () => figures,
    stop: async () => undefined,
    ...does,
  }
}
