import type { WorkspaceId } from '../../../shared/ids.ts'
import type { AskedQuestion } from '../../cache/ahead/demand.ts'
import type { AheadReason } from '../../events.ts'

/** A load whose turn may come. */
export interface Turn {
  readonly workspaceId: WorkspaceId
  readonly why: Extract<AheadReason, 'deploy' | 'schedule'>
  readonly asked: AskedQuestion
  readonly sinceMs: number
}

/**
 * The loads of all workspaces in turn: each workspace has one load, then each has a second one. A workspace never has two at once. So a
 * workspace with much in demand does not keep others waiting, and the database sees no more of it than of one busy reader.
 */
export class Turns {
  /** In the order of their turns: a workspace whose load begins goes to the end. */
  private readonly waiting = new Map<WorkspaceId, Turn[]>()
  private readonly loading = new Set<WorkspaceId>()

  get size(): number {
    return this.loading.size + [...this.waiting.values()].reduce((sum, { length }) => sum + length, 0)
  }

  /** Takes the loads of a workspace, those that are needed most first. Loads of it that still wait stay ahead of them. */
  add(workspaceId: WorkspaceId, turns: readonly Turn[]): void {
    if (turns.length === 0) return
    this.waiting.set(workspaceId, [...(this.waiting.get(workspaceId) ?? []), ...turns])
  }

  /** The next load; null if there is none, or if all workspaces that wait have one already. `end` has to be called after it. */
  begin(): Turn | null {
    for (const [workspaceId, turns] of this.waiting) {
      if (this.loading.has(workspaceId)) continue
      const [turn, ...rest] = turns
      this.waiting.delete(workspaceId)
      if (turn === undefined) continue
      if (rest.length > 0) this.waiting.set(workspaceId, rest)
      this.loading.add(workspaceId)
      return turn
    }
    return null
  }

  end({ workspaceId }: Turn): void {
    this.loading.delete(workspaceId)
  }

  /** Takes away what has waited since an instant or for longer. */
  giveUp(sinceMs: number): readonly Turn[] {
    const given: Turn[] = []
    for (const [workspaceId, turns] of this.waiting) {
      const late = turns.filter((turn) => turn.sinceMs <= sinceMs)
      if (late.length === 0) continue
      given.push(...late)
      const rest = turns.filter((turn) => turn.sinceMs > sinceMs)
      if (rest.length === 0) this.waiting.delete(workspaceId)
      else this.waiting.set(workspaceId, rest)
    }
    return given
  }
}
