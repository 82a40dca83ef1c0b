import type { Dice } from '../support/dice.ts'
import type { Scheduler } from './scheduler.ts'

/** What calls on a way meet: it is slow, loses them on the way there or back, refuses them, or answers nothing. */
export interface WayFaults {
  readonly state: 'up' | 'silent' | 'failing'
  /** One way, milliseconds: from, and up to. */
  readonly latencyMs: readonly [number, number]
  /** The share of calls whose question, and of those whose answer, is never heard of again. */
  readonly lostShare: number
  /** The share of ways, there or back, that take up to `slowMs`. */
  readonly slowShare: number
  readonly slowMs: number
}

/** The network between two parts of the world. */
export interface Way {
  /** Goes there, acts, and comes back. Rejects where it is refused; never settles where something is lost. */
  cross<Value>(act: () => Value | Promise<Value>): Promise<Value>
  inject(faults: Partial<WayFaults>): void
  heal(): void
  /** From now on it is good for ever. */
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
