import type { ToldChange } from '../../../../client/live/connection-status.ts'

/** A step of a change on its way to this screen. */
export interface ChangeStep {
  readonly name: 'commit' | 'outbox' | 'version' | 'screen'
  /** By this device's clock; null if the step is not known. */
  readonly atMs: number | null
}

interface ChangeFacts {
  /** When the database says that the contact was changed last. */
  readonly updatedAt: string
  /** The last change as the hub told it; null if it told nothing. */
  readonly told: ToldChange | null
  /** When this page showed the contact as the change left it; null if that was not seen. */
  readonly shownAtMs: number | null
}

/**
 * The way of the last change of a contact: committed by the database, told by its outbox, given a version by the ledger, on this screen.
 * Each instant is by the clock that saw it. Those of the servers are put on this device's clock by the difference that the hub's frame
 * shows, which leaves out the frame's way here, so that no step seems to come before its cause.
 */
export function stepsOfChange({ updatedAt, told, shownAtMs }: ChangeFacts): readonly ChangeStep[] {
  const aheadMs = told === null ? 0 : told.heardAtMs - told.sentAtMs
  const here = (atMs: number | null) => (atMs === null ? null : atMs + aheadMs)
  const committedAtMs = Date.parse(updatedAt)
  return [
    { name: 'commit', atMs: Number.isNaN(committedAtMs) ? null : here(committedAtMs) },
    { name: 'outbox', atMs: here(told?.toldAtMs ?? null) },
    { name: 'version', atMs: here(told?.writtenAtMs ?? null) },
    { name: 'screen', atMs: shownAtMs },
  ]
}

/** How long each step came after the one before that is known; null for the first, and for those that are not known. */
export function delaysOf(steps: readonly ChangeStep[]): readonly (number | null)[] {
  let before: number | null = null
  return steps.map(({ atMs }) => {
    if (atMs === null) return null
    const delayMs: number | null = before === null ? null : Math.max(0, atMs - before)
    before = atMs
    return delayMs
  })
}
