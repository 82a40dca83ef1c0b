import { setTimeout as pause } from 'node:timers/promises'
import { validateBounds as bounds } from './bounds.ts'
import { type Answer, NoAnswer } from './deployment.ts'
import type { Run } from './run.ts'

/** How a change came to be seen: after how long, or how late the last answer was that did not have it. */
export type Sighting =
  | { readonly isInTime: true; readonly tookMs: number; readonly answer: Answer }
  | { readonly isInTime: false; readonly last: string }

export const isHit = ({ headers }: Answer) => headers.get('Cache-Status')?.includes('; hit') === true

/** The most questions that waiting for one sighting puts. */
export const questionsWithin = (boundMs: number) => Math.ceil(boundMs / bounds.pollEveryMs) + 2

/**
 * Puts a question again and again until its answer has the change, and takes the time from `sinceMs`. The promise is broken by an answer that
 * was asked for after the bound and still lacks the change, so a slow answer breaks nothing.
 */
export async function awaitSighting(
  run: Pick<Run, 'signal'>,
  { sinceMs, boundMs }: { readonly sinceMs: number; readonly boundMs: number },
  question: () => Promise<Answer>,
  hasChange: (answer: Answer) => boolean,
): Promise<Sighting> {
  for (;;) {
    const askedAtMs = performance.now()
    const answer = await question().catch((error: unknown) => {
      if (error instanceof NoAnswer) return null
      throw error
    })
    if (answer !== null && hasChange(answer))
      return { isInTime: true, tookMs: performance.now() - sinceMs, answer }
    if (askedAtMs - sinceMs >= boundMs)
      return { isInTime: false, last: answer === null ? 'no answer' : `${answer.status}` }
    await pause(bounds.pollEveryMs, undefined, { signal: run.signal })
  }
}

/**
 * Puts a question until a tier answers it, so that what follows is about a cached answer. Answers the last answer, which is no hit where
 * tiers keep nothing, and an error as it comes.
 */
export async function askUntilHit(
  run: Pick<Run, 'signal'>,
  question: () => Promise<Answer>,
): Promise<Answer> {
  let last = await question()
  if (isHit(last)) return last
  await awaitSighting(
    run,
    { sinceMs: performance.now(), boundMs: bounds.warmWithinMs },
    async () => {
      last = await question()
      return last
    },
    // An answer that is an error comes from no tier, however often it is asked for.
    (answer) => isHit(answer) || answer.status >= 500,
  )
  return last
}

/**
 * Makes the rounds of a distribution. A round answers its duration, or null if it was too late; after a few of those the rest are not made,
 * because the finding is clear and every further one costs the bound.
 */
export async function takeRounds(
  run: Run,
  { name, boundMs, rounds }: { readonly name: string; readonly boundMs: number; readonly rounds: number },
  round: (index: number) => Promise<number | null>,
): Promise<void> {
  const tookMs: number[] = []
  let late = 0
  for (let index = 0; index < rounds && late < bounds.lateMax; index += 1) {
    await run.deployment.makeRoom(questionsWithin(boundMs))
    const took = await round(index)
    if (took === null) late += 1
    else tookMs.push(took)
    if ((index + 1) % 10 === 0) run.progress(`${index + 1} of ${rounds}`)
  }
  if (tookMs.length > 0) run.figure(name, tookMs, `${boundMs} ms`)
  if (late > 0)
    run.fail(
      `${name}: within ${boundMs} ms`,
      `${late} of ${tookMs.length + late} changes were not there by then`,
    )
}
