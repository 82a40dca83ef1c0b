import type { Clock } from '../../shared/clock.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { narrowestMoves } from '../../shared/tags/narrowest-moves.ts'
import type { Heal } from '../ledger/ledger-client.ts'
import type { Suspicion } from './suspicions.ts'

/** A proved violation, as isolates report it to the deployment. */
export interface Violation {
  readonly workspaceId: WorkspaceId
  readonly resource: string
  readonly keyDigest: string
  /** The places at which the answers differed (difference-places.ts). */
  readonly places: readonly string[]
}

interface ViolationsOptions {
  readonly clock: Clock
  /** Moves tags of a key that was found wrong. Answers whether it did: it does so seldom. */
  readonly heal: Heal
  /** Tells the deployment, which may return the workspace to shadow. Never rejects. */
  note(violation: Violation): Promise<void>
  /** Logs one line about a violation, so that a person can look into it. */
  report(line: string): void
}

/** Acts on a proved violation. It moves the entry's narrowest tags, and the deployment hears of it, within a bound a minute. */
export type SettleViolation = (suspicion: Suspicion) => Promise<void>

export function createViolations({ clock, heal, note, report }: ViolationsOptions): SettleViolation {
  let lately: readonly number[] = []
  return async ({ workspaceId, resource, keyDigest, tags, places }) => {
    const nowMs = clock.now()
    lately = lately.filter((atMs) => nowMs - atMs < 60_000)
    const isTold = lately.length < limits.violationsPerMinuteMax
    if (isTold) lately = [...lately, nowMs]
    const [isHealed] = await Promise.all([
      heal(workspaceId, keyDigest, narrowestMoves(tags)),
      isTold ? note({ workspaceId, resource, keyDigest, places }) : undefined,
    ])
    const found = { level: 'error', event: 'consistency-violation', resource, keyDigest, isHealed, places }
    report(JSON.stringify(found))
  }
}
