import type { Dice } from '../support/dice.ts'
import type { Scheduler } from './scheduler.ts'

/** How calls over a connection behave: slow, lost on the way there or back, refused, or never answered. */
export interface WayFaults {
  readonly state: 'up' | 'silent' | 'failing'
  /** The delay in one direction, in milliseconds: the least and the greatest. */
  readonly latencyMs: readonly [number, number]
  /** The share of calls that are lost on the way there, and the share of answers that are lost on the way back. */
  readonly lostShare: number
  /** The share of trips, there or back, that take up to `slowMs`. */
  readonly slowShare: number
  readonly slowMs: number
}

/** The network between two parts of the world. */
export interface Way {
  /**
   * Carries a call there, runs it and carries the answer back. Rejects if it is refused, and never settles if
   * something is lost.
   */
  cross<Value>(act: () => Value | Promise<Value>): Promise<Value>
  inject(faults: Partial<WayFaults>): void
  heal(): void
  /** Ends all faults of this connection for good. */
  calm(): void
}

export const goodWay: WayFaults = {
  state: 'up',
  latencyMs: [1, 40],
  lostShare: 0,
  slowShare: 0.01,
  slowMs: 1_500,
}

export function createWay(scheduler: Scheduler, dice: Dice, atFirst: WayFaults = goodWay): Way {
  let usual = atFirst
  let faults = usual

  const tripMs = () => {
    const [fromMs, toMs] = faults.latencyMs
    return dice.happens(faults.slowShare) ? dice.between(toMs, faults.slowMs) : dice.between(fromMs, toMs)
  }

  return {
    cross: (act) =>
      new Promise((resolve, reject) => {
        const back = (settle: () => void) => {
          if (!dice.happens(faults.lostShare)) scheduler.schedule(settle, tripMs())
        }
        const arrive = () => {
          if (faults.state === 'silent') return
          if (faults.state === 'failing') return reject(new Error('the way is closed'))
          try {
            Promise.resolve(act()).then(
              (value) => back(() => resolve(value)),
              (error) => back(() => reject(error)),
            )
          } catch (error) {
            back(() => reject(error))
          }
        }
        if (!dice.happens(faults.lostShare)) scheduler.schedule(arrive, tripMs())
      }),
    inject(changes) {
      faults = { ...faults, ...changes }
    },
    heal() {
      faults = usual
    },
    calm() {
      usual = { ...goodWay, slowShare: 0 }
      faults = usual
    },
  }
}
