import { z } from 'zod'
import { describeAnswer, parseJson } from '../probe-contact.ts'
import type { Check, Run } from '../run.ts'

/** Of `/health`, only what is judged, so that other releases can be validated too. */
const healthSchema = z.object({
  status: z.string(),
  version: z.string(),
  services: z.record(z.string(), z.string()),
  redis_databases: z.record(z.string(), z.string()).default({}),
  origin: z
    .looseObject({
      status: z.string(),
      outbox: z.looseObject({ status: z.string() }).optional(),
      marks: z.looseObject({ status: z.string() }).optional(),
    })
    .nullable(),
  alerts: z.object({ names: z.array(z.string()) }).nullable(),
})
const cacheHealthSchema = z.object({ data: z.object({ healthy: z.boolean() }) })

export const health: Check = {
  name: 'health',
  title: 'every part answers, and says that it is healthy',
  needsCanary: false,
  skippedBecause: () => null,
  requestsMax: () => 3,
  writes: null,
  async run(run) {
    const answer = await run.ask('/health', { as: 'nobody' })
    const parsed = healthSchema.safeParse(parseJson(answer.text))
    if (!parsed.success) run.fail('GET /health says how each part is', describeAnswer(answer))
    else judge(run, parsed.data)
    const cache = await run.ask('/api/cache-settings/health', { as: 'nobody' })
    if (cacheHealthSchema.safeParse(parseJson(cache.text)).data?.data.healthy !== true)
      run.fail('the cache says that it is healthy', describeAnswer(cache))
    const metrics = await run.ask('/metrics', { as: 'nobody' })
    // With METRICS_TOKEN set they are not public.
    if (metrics.status !== 200 && metrics.status !== 401)
      run.fail('GET /metrics answers', describeAnswer(metrics))
  },
}

function judge(run: Run, health: z.output<typeof healthSchema>): void {
  run.note(`version ${health.version}`)
  if (health.status !== 'healthy') run.fail('the whole is healthy', health.status)
  for (const [part, state] of Object.entries(health.services)) {
    if (state === 'disabled') run.note(`${part} is switched off`)
    else if (state !== 'healthy') run.fail(`${part} is healthy`, state)
  }
  for (const [database, state] of Object.entries(health.redis_databases)) {
    // Queues lack, for example, the address of a handler, which keeps no reader waiting.
    if (database === 'queues' && state === 'degraded') run.note('the queues lack something')
    else if (state !== 'healthy' && state !== 'disabled')
      run.fail(`the database ${database} of Redis is healthy`, state)
  }
  judgeOrigin(run, health.origin)
  for (const name of health.alerts?.names ?? []) run.note(`the alert ${name} fires`)
}

function judgeOrigin(run: Run, origin: z.output<typeof healthSchema>['origin']): void {
  if (origin === null) {
    run.fail('the origin says how it is', 'nothing')
    return
  }
  if (origin.status !== 'healthy') run.note(`the origin is ${origin.status}`)
  const outbox = origin.outbox?.status ?? 'not told'
  if (outbox !== 'running') run.fail('the relay of the outbox is running', outbox)
  const marks = origin.marks?.status ?? 'not told'
  if (marks !== 'running') run.note(`marks: ${marks}`)
}
