import { randomUUID } from 'node:crypto'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { percentile } from '../support/percentile.ts'
import type { PostgresSubject } from './queues-subjects.ts'

const workspaces = Array.from({ length: 500 }, (_, index) => workspaceIdSchema.parse(`w${1_000 + index}`))
const jobsEach = 25

/** A claim while every workspace may start a job, and while none may, which is when it looks at all of them. */
export async function measureFairClaims({
  queues,
  sql,
  clear,
}: PostgresSubject): Promise<Record<string, number>> {
  await clear()
  for (let round = 0; round < jobsEach; round += 1) {
    await queues.add(
      'messages',
      workspaces.map((workspaceId) => ({ name: 'work', workspaceId, input: { round } })),
    )
  }
  const claims = async (times: number, isFound: boolean) => {
    const tookMs: number[] = []
    for (let time = 0; time < times; time += 1) {
      const beganAtMs = performance.now()
      const [claim] = await sql`
        select c.id from private.claim_job('messages', ${randomUUID()}, 15000, ${Date.now()}, 'bench', 20, 60000, 10) c`
      tookMs.push(performance.now() - beganAtMs)
      if ((claim?.['id'] !== null) !== isFound) throw new Error('the claim found what it should not')
    }
    return tookMs
  }
  const found = await claims(400, true)
  await sql`
    insert into private.job_starts (queue, workspace_id, job_id, run, free_at)
    select 'messages', w, w || n, 1, clock_timestamp() + interval '10 minutes'
    from unnest(${workspaces}::text[]) w, generate_series(1, 20) n`
  const notFound = await claims(100, false)
  return {
    'a claim while all may start, p50 ms': percentile(found, 0.5),
    'a claim while all may start, p99 ms': percentile(found, 0.99),
    'a claim while none may start, p50 ms': percentile(notFound, 0.5),
    'a claim while none may start, p99 ms': percentile(notFound, 0.99),
  }
}
