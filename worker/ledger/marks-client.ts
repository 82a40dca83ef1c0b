import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { Mark, MarkAnswer } from '../../shared/contract/marks.ts'
import { limits } from '../../shared/limits.ts'

/** The name of the one object that keeps the marks. */
export const marksName = 'marks'

/** The methods of the object that keeps the marks. The stub of the Durable Object has this type. */
interface MarksStub {
  take(mark: Mark | null): Promise<MarkAnswer>
  instant(): Promise<number>
}

/** Calls the object that keeps the marks, with a deadline. Never rejects; null if it does not answer. */
export interface MarksClient {
  take(mark: Mark | null): Promise<MarkAnswer | null>
  /** An instant of the marks' clock that is later than everything that has happened before the call. */
  instant(): Promise<number | null>
}

export function createMarksClient(stubOf: () => MarksStub, clock: Clock): MarksClient {
  const call = <Value>(work: (stub: MarksStub) => Promise<Value>) =>
    withinDeadline<Value | null>(
      clock,
      limits.ledgerDeadlineMs,
      async () => work(stubOf()).catch(() => null),
      null,
    )
  return {
    take: (mark) => call((stub) => stub.take(mark)),
    instant: () => call((stub) => stub.instant()),
  }
}
