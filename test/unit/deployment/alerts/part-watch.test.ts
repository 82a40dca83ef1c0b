import { expect, it } from 'vitest'
import type { PartCalls } from '../../../../worker/deployment/alerts/part-watch.ts'
import { createPartWatch } from '../../../../worker/deployment/alerts/part-watch.ts'

const none: PartCalls = { succeeded: 0, failed: 0 }

function watchRedis(spans: readonly PartCalls[]) {
  const watch = createPartWatch()
  for (const [second, redis] of spans.entries()) {
    watch.note({ edge_cache: none, kv: none, redis, ledger: none, origin: none }, (second + 1) * 1_000, 1_000)
  }
  return watch.statuses().redis
}

it('a part is away from its first failure to its latest, as long as no call succeeds', () => {
  const failing = { succeeded: 0, failed: 2 }
  expect(watchRedis([{ succeeded: 5, failed: 0 }, failing, none, failing])).toMatchObject({
    awayMs: 3_000,
    heardAtMs: 4_000,
    calls: 4,
  })
})

it('a part that answers some of its callers is not away', () => {
  expect(watchRedis([{ succeeded: 1, failed: 99 }])).toMatchObject({ awayMs: 0, calls: 100 })
})

it('a part that nobody calls stays as it was, and is not known at first', () => {
  expect(watchRedis([none, none])).toMatchObject({ awayMs: 0, heardAtMs: null, calls: 0 })
  expect(watchRedis([{ succeeded: 0, failed: 1 }, none, none])).toMatchObject({
    awayMs: 1_000,
    heardAtMs: 1_000,
    calls: 1,
  })
})

it('a part is back with the first call that succeeds', () => {
  expect(
    watchRedis([
      { succeeded: 0, failed: 9 },
      { succeeded: 1, failed: 0 },
    ]),
  ).toMatchObject({
    awayMs: 0,
    heardAtMs: 2_000,
    calls: 1,
  })
})
