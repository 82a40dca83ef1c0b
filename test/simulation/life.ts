import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../../shared/clock.ts'

/**
 * Everything that a request has begun, and how long it may continue. workerd ends all of it when it ends the request
 * or the isolate.
 */
export interface Life {
  isOver(): boolean
}

const lives = new AsyncLocalStorage<Life>()

function goesOn(life: Life | undefined): boolean {
  return life === undefined || !life.isOver()
}

/** Runs work as part of a life, together with everything that it will wait for. */
export function during<Value>(life: Life, work: () => Value): Value {
  return lives.run(life, work)
}

/**
 * An isolate's clock. It differs from the world's as its machine's clock does, and its timers do not fire for lives
 * that have ended.
 */
export function createLivingClock(world: Clock, offsetMs: number): Clock {
  return {
    now: () => world.now() + offsetMs,
    schedule(callback, delayMs) {
      const life = lives.getStore()
      return world.schedule(() => {
        if (goesOn(life)) lives.run(life as Life, callback)
      }, delayMs)
    },
  }
}

/** An answer from outside does not arrive in a life that has ended: its promise never settles. */
export function heardWhileAlive<Value>(answer: Promise<Value>): Promise<Value> {
  const life = lives.getStore()
  return new Promise((resolve, reject) => {
    answer.then(
      (value) => {
        if (goesOn(life)) resolve(value)
      },
      (error) => {
        if (goesOn(life)) reject(error)
      },
    )
  })
}
