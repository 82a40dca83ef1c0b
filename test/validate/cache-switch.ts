import { describeAnswer } from './probe-contact.ts'
import type { Run } from './run.ts'
import { awaitSighting } from './sightings.ts'

/** Switches the canary's cache off or on, and waits until that is in force. The settings are restored at the end of every run. */
export async function switchCache(run: Run, cacheEnabled: boolean): Promise<void> {
  const { workspaceId, stalenessBoundMs } = run.given
  const answer = await run.ask(`/api/cache-settings/workspace/${workspaceId}/settings`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ cacheEnabled }),
  })
  if (answer.status !== 200) {
    run.fail("an admin may switch the workspace's cache", describeAnswer(answer))
    return
  }
  const seen = await awaitSighting(
    run,
    { sinceMs: performance.now(), boundMs: stalenessBoundMs },
    () => run.ask('/api/workspace/config'),
    ({ headers }) => (headers.get('Cache-Status')?.includes('fwd=bypass') === true) !== cacheEnabled,
  )
  if (!seen.isInTime)
    run.fail(
      `a change of settings is in force within ${stalenessBoundMs} ms`,
      `the cache is not yet ${cacheEnabled ? 'on' : 'off'}`,
    )
}
