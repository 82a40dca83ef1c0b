import { expect, it } from 'vitest'
import { createDeployment } from '../../support/read-harness.ts'

it('an invalid parameter that only the origin can recognize is refused and never stored', async () => {
  const { createIsolate, database, kv, redis } = createDeployment()
  const isolate = createIsolate()
  database.failure = {
    code: 'invalid_parameter',
    details: [{ parameter: 'phone', message: 'is no number' }],
  }
  for (const loads of [1, 2]) {
    expect(await isolate.read()).toEqual({ error: 'invalid_parameter' })
    await isolate.rest()
    expect([database.loads, kv.stored.size, redis.stored.size]).toEqual([loads, 0, 0])
  }
  database.failure = null
  expect(await isolate.read()).toMatchObject({ status: 'MISS' })
})
