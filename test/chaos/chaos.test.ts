import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../shared/limits.ts'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { type HoldingProxy, startHoldingProxy } from '../support/holding-proxy.ts'
import { relayOff, startTestStack, type TestStack } from '../support/local-stack.ts'
import { type Readers, startReaders } from './readers.ts'

/**
 * Pieces of the real stack fail while reads continue. Memory and the edge cache are switched off, because they would
 * answer before anything behind them. The pages that are read are in KV.
 */
let redisProxy: HoldingProxy
let stack: TestStack
let readers: Readers

const paths = Array.from({ length: 12 }, (_, index) => `/api/boards/board_123/contacts?page=${index + 1}`)

/** The longest that one read may wait: every deadline on its way, one after the other. */
const deadlinesMs =
  limits.ledgerDeadlineMs + limits.kvDeadlineMs + limits.redisDeadlineMs + limits.originDeadlineMs

beforeAll(async () => {
  redisProxy = await startHoldingProxy()
  stack = await startTestStack({
    contacts: 2_000,
    hasNearTiers: false,
    workerVariables: { UPSTASH_REDIS_REST_URL: redisProxy.url },
    // Supabase Lite does not survive the loss of Postgres during a query, and the relay makes queries all the time.
    originEnvironment: relayOff,
  })
  redisProxy.target = stack.redis ?? ''
})
afterAll(async () => {
  await stack?.stop()
  await redisProxy?.stop()
})

const isHealthy = async () => JSON.parse((await ask(`${stack.worker}/health`)).text).status === 'healthy'

const isInKv = async (path: string) =>
  (await stack.api().get(path)).headers.get('Cache-Status')?.includes('detail=cloudflare_kv') ?? false

beforeEach(async () => {
  // A page is written to KV when it is found in Redis a while after its load.
  await Promise.all(paths.map((path) => eventually(() => isInKv(path), { deadlineMs: 30_000, everyMs: 200 })))
  readers = startReaders({
    worker: stack.worker,
    headers: stack.api().headers,
    paths,
    readers: 8,
    deadlineMs: deadlinesMs,
  })
})
afterEach(async () => {
  await readers.stop()
})

/** All answers until `enough` more have come. */
async function readOn(enough = 400) {
  readers.take()
  await eventually(() => readers.count() >= enough, { deadlineMs: 2 * deadlinesMs })
  return readers.take()
}

const faults = (readings: ReturnType<Readers['take']>) => readings.filter(({ status }) => status !== 200)

/** No cached read fails while a piece is away or when it comes back, and the piece is used again without help. */
async function survives(away: () => Promise<unknown>, back: () => Promise<unknown>): Promise<void> {
  expect(faults(await readOn(50))).toEqual([])
  await away()
  expect(faults(await readOn())).toEqual([])
  await back()
  expect(faults(await readOn())).toEqual([])
  await eventually(isHealthy, { deadlineMs: 30_000 })
}

/** The same for a page that was invalidated meanwhile: first the older page answers, marked, and then the new one. */
async function survivesOutdated(away: () => Promise<unknown>, back: () => Promise<unknown>): Promise<void> {
  await away()
  await stack.invalidate({
    workspaceId: '15213',
    boardId: 'board_123',
    action: 'board_updated',
  })
  const readings = await readOn()
  expect(faults(readings)).toEqual([])
  expect(readings.at(-1)?.cacheStatus).toContain('detail=origin-failed')
  await back()
  await eventually(
    async () => {
      const seen = await readOn(24)
      expect(faults(seen)).toEqual([])
      return seen.every(({ cacheStatus }) => !cacheStatus.includes('origin-failed'))
    },
    { deadlineMs: 30_000 },
  )
}

const pieces = () => stack.pieces

describe('cached pages are served, and everything recovers by itself,', () => {
  it('with Redis killed', () =>
    survives(
      async () => pieces().redis?.kill(),
      async () => pieces().redis?.start(),
    ))

  it('with Redis frozen', () =>
    survives(
      async () => pieces().redis?.pause(),
      async () => pieces().redis?.resume(),
    ))

  it('with Redis answering nonsense', () =>
    survives(
      async () => {
        redisProxy.isGarbling = true
      },
      async () => {
        redisProxy.isGarbling = false
      },
    ))

  it('with the origin killed', () =>
    survives(
      () => pieces().origin.kill(),
      () => pieces().origin.start(),
    ))

  it('with the origin frozen', () =>
    survives(
      async () => pieces().origin.pause(),
      async () => pieces().origin.resume(),
    ))

  it('with Postgres stopped', () =>
    survives(
      () => pieces().postgres.stop(),
      () => pieces().postgres.start(),
    ))
})

describe('outdated pages are served and marked, and the current page follows,', () => {
  it('with the origin killed', () =>
    survivesOutdated(
      () => pieces().origin.kill(),
      () => pieces().origin.start(),
    ))

  it('with the origin frozen', () =>
    survivesOutdated(
      async () => pieces().origin.pause(),
      async () => pieces().origin.resume(),
    ))

  it('with Postgres stopped', () =>
    survivesOutdated(
      () => pieces().postgres.stop(),
      () => pieces().postgres.start(),
    ))
})
