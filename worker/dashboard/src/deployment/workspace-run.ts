/** The result for one workspace. */
export interface RunResult {
  readonly workspaceId: string
  readonly isOk: boolean
  /** The outcome, or the reason of a refusal. */
  readonly note: string
  readonly durationMs: number
}

/** How the API refused one request. */
interface Refusal {
  readonly reason: string
  /** How long it asks to wait before another try; null if another try is of no use. */
  readonly retryAfterSeconds: number | null
}

/** Everything outside of a run. */
export interface RunCalls {
  /** Does the deed for a workspace, and answers a note about its outcome. */
  act(workspaceId: string): Promise<string>
  refusalOf(error: unknown): Refusal
  nowMs(): number
  wait(seconds: number): Promise<void>
  /** Resolves at once unless the run is paused, and then when it goes on or is stopped. */
  whenGoing(): Promise<void>
  isStopped(): boolean
  onResult(result: RunResult): void
  /** The run waits because the API asked for it; 0 when it goes on. */
  onWait(seconds: number): void
}

/** A workspace that the API puts off is tried so often. */
export const triesMax = 5
/** The longest wait between two tries. A limit's window is over by then. */
export const waitSecondsMax = 60

/**
 * Does a deed for many workspaces, one after the other, so that a run never takes more than one place of the deployment. A refusal that asks
 * to wait is obeyed, for all that follow too; any other is the result of its workspace. Stopping and pausing take effect between two workspaces.
 */
export async function runOver(workspaceIds: readonly string[], calls: RunCalls): Promise<void> {
  for (const workspaceId of workspaceIds) {
    await calls.whenGoing()
    if (calls.isStopped()) return
    const startedAtMs = calls.nowMs()
    const outcome = await actPatiently(workspaceId, calls)
    if (outcome === null) return
    calls.onResult({ ...outcome, workspaceId, durationMs: calls.nowMs() - startedAtMs })
  }
}

/** Null if the run was stopped during a wait. */
async function actPatiently(
  workspaceId: string,
  calls: RunCalls,
): Promise<Pick<RunResult, 'isOk' | 'note'> | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      return { isOk: true, note: await calls.act(workspaceId) }
    } catch (error) {
      const { reason, retryAfterSeconds } = calls.refusalOf(error)
      if (retryAfterSeconds === null || tries === triesMax) return { isOk: false, note: reason }
      const seconds = Math.min(retryAfterSeconds, waitSecondsMax)
      calls.onWait(seconds)
      await calls.wait(seconds)
      calls.onWait(0)
      if (calls.isStopped()) return null
    }
  }
}

/** How a run stands, from the results so far. */
interface RunStanding {
  readonly done: number
  readonly refused: number
  /** The time that is left at the pace so far; null before the first result. */
  readonly leftMs: number | null
}

export function standingOf(results: readonly RunResult[], total: number): RunStanding {
  const done = results.length
  const spentMs = results.reduce((sum, { durationMs }) => sum + durationMs, 0)
  return {
    done,
    refused: results.filter(({ isOk }) => !isOk).length,
    leftMs: done === 0 ? null : (spentMs / done) * (total - done),
  }
}

interface Named {
  readonly id: string
  readonly name: string
}

/** The workspaces whose id or name contains the text, whatever its case. */
export function matching<Workspace extends Named>(
  workspaces: readonly Workspace[],
  text: string,
): Workspace[] {
  const wanted = text.trim().toLowerCase()
  return workspaces.filter(
    ({ id, name }) => id.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted),
  )
}
