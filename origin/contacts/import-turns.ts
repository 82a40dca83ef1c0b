import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err } from '../../shared/result.ts'
import type { FairQueue, Place } from '../database/fair-queue.ts'
import { createFairQueue } from '../database/fair-queue.ts'
import type { Failure } from '../failures.ts'
import type { Writer } from '../outbox/delivered-writes.ts'

/** Limits the imports that run at once, of one workspace, of one caller and of all. */
export interface ImportTurns {
  /**
   * Waits for the import's turn, for at most `importTurnWaitMs` and until `gone` is aborted. None of the upload is read
   * meanwhile, so a waiting import costs only its connection. `rate_limited` if the workspace or the caller already has
   * too many imports.
   */
  take(writer: Writer, gone: AbortSignal): Promise<Result<Place, Failure>>
  readonly queue: Pick<FairQueue, 'bounds' | 'running' | 'waiting' | 'refused'>
}

export function createImportTurns(clock: Clock): ImportTurns {
  const one = { placesMax: limits.workspaceImportsMax, waitingMax: limits.workspaceImportsWaitingMax }
  const queue = createFairQueue({
    all: { placesMax: limits.importsMax, waitingMax: limits.importsWaitingMax },
    share: one,
    caller: one,
  })

  return {
    queue,
    async take({ workspaceId, callerKey }, gone) {
      const tired = new AbortController()
      const cancel = clock.schedule(() => tired.abort(), limits.importTurnWaitMs)
      const signal = AbortSignal.any([tired.signal, gone])
      const turn = await queue.enter({ shareKey: workspaceId, callerKey }, signal)
      cancel()
      if (turn.ok) return turn
      const kind = turn.error === 'all' ? 'overloaded' : 'rate_limited'
      return err({ kind, retryAfterSeconds: limits.importRetryAfterSeconds })
    },
  }
}
