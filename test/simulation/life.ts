import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../../shared/clock.ts'

/** What a request began, and how long it may go on: workerd ends all of it when it ends the request or the isolate. */
export interface Life {
  isOver(): boolean
}

const lives = new AsyncLocalStorage<Life>()

function goesOn(life: Life | undefined): boolean {
  return life === undefined || !life.isOver()
}

/** Runs work as part of a life, with everything it will ever wait for. */
export function during<Value>(life: Life, work: () => Value): Value {
  return lives.run(life, work)
}

/** An isolate's clock: off the world's by as much as its machine is, and silent to lives that are over. */
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

/** An answer from outside reaches nobody whose life is over by then: whoever waits for it waits for ever. */
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
