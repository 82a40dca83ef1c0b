import { expect, it } from 'vitest'
import { createPlaces } from '../../../origin/database/places.ts'
import { createQueries } from '../../../origin/database/queries.ts'
import { createQueryMetrics } from '../../../origin/database/query-metrics.ts'
import { wireErrorOf } from '../../../origin/failures.ts'
import { defaultCacheSettings } from '../../../shared/contract/settings.ts'
import { userIdSchema, type WorkspaceId, workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createReadPath } from '../../../worker/cache/read-path.ts'
import { plainWish } from '../../../worker/cache/wish.ts'
import { createScheduler, type Scheduler } from '../../simulation/scheduler.ts'
import { createBook } from '../../support/book-storage.ts'
import { questionOf } from '../../support/inquiries.ts'
import { percentile } from '../../support/percentile.ts'
import { boardMove } from '../../support/tags.ts'
import { createPromptDatabase } from '../origin/stub-database.ts'

/*
 * The whole way of a read in the mode `off`: production's read path in several isolates, and the origin's queue of queries with its default
 * places. Only the database is a model: a query takes 50 ms. The offered load is ten times what its places can do.
 */
const queryMs = 50
const tripMs = 4
const isolates = 4
const workspaces = Array.from({ length: 20 }, (_, at) => workspaceIdSchema.parse(`w${at}`))
const lastsMs = 3_000
const encoder = new TextEncoder()

const places = () =>
  createPlaces({
    queriesAtOnceMax: limits.queriesAtOnceDefault,
    queriesWaitingMax: limits.queriesWaitingDefault,
  })
const capacityPerSecond = (places().reads.bounds.all.placesMax * 1_000) / queryMs
const offeredPerSecond = 10 * capacityPerSecond

interface Answer {
  readonly workspaceId: WorkspaceId
  readonly tookMs: number
  readonly retryAfterSeconds: number | null
  readonly isAnswered: boolean
}

function createOrigin(scheduler: Scheduler) {
  const seen = { queries: 0, running: 0, runningMost: 0 }
  const queries = createQueries({
    database: createPromptDatabase(() => null),
    clock: scheduler,
    metrics: createQueryMetrics(),
    places: places(),
    queryDeadlineMs: 5_000,
  })
  const pass = (ms: number) => new Promise<void>((resolve) => scheduler.schedule(resolve, ms))
  return {
    seen,
    async load(key: string, workspaceId: WorkspaceId, user: string) {
      await pass(tripMs)
      const answer = await queries.run({
        ...{ name: 'contact-list', queryClass: 'reads', workspaceId, callerKey: user, callerToken: user },
        shareKey: key,
        async perform() {
          seen.queries += 1
          seen.running += 1
          seen.runningMost = Math.max(seen.runningMost, seen.running)
          await pass(queryMs)
          seen.running -= 1
          return ok({ contacts: [], pagination: { next_cursor: null } })
        },
      })
      await pass(tripMs)
      return answer.ok ? ok(answer.value) : err(wireErrorOf(answer.error))
    },
  }
}

/** Lets readers come at ten times the capacity, each with a board that `boardOf` draws, and some boards change all the time. */
async function offer(boardOf: (at: number) => { readonly workspaceId: WorkspaceId; readonly board: string }) {
  const scheduler = createScheduler()
  const origin = createOrigin(scheduler)
  const books = new Map(workspaces.map((id) => [id, createBook()]))
  const bookOf = (id: WorkspaceId) => books.get(id) ?? createBook()
  let seed = 1
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const paths = Array.from({ length: isolates }, () =>
    createReadPath({
      ...{ clock: scheduler, random, recorder: { record() {} }, sharedViews: null, slots: [] },
      ...{ stalenessBoundMs: 1_000, staleIfErrorSeconds: 86_400, consistencySampleRate: 1 },
      ledger: {
        advance: async (id, events) => ok(bookOf(id).advance(events)),
        since: async (id, ledgerId, version) =>
          ok({ ...bookOf(id).since(ledgerId, version), rollout: 'off' }),
      },
      origin: {
        load: ({ params }, { workspaceId, version }, { userId }) =>
          origin.load(`${workspaceId} ${JSON.stringify(params)} ${version}`, workspaceId, String(userId)),
        settings: async () => ok(encoder.encode(JSON.stringify(defaultCacheSettings))),
      },
      etagOf: async () => 'e',
      ...{ report: () => undefined, instant: async () => null, heal: async () => false },
      noteViolation: async () => undefined,
    }),
  )
  const questions = new Map<string, ReturnType<typeof questionOf>>()
  const answers: Answer[] = []
  const total = (offeredPerSecond * lastsMs) / 1_000

  async function read(at: number): Promise<void> {
    const { workspaceId, board } = boardOf(at)
    const question = questions.get(board) ?? questionOf(board)
    questions.set(board, question)
    const userId = userIdSchema.parse(`user-${at % 400}`)
    const caller = { kind: 'member', userId, token: '', requestId: '', keepAlive: () => undefined } as const
    const startedAtMs = scheduler.now()
    const path = paths[at % isolates]
    const answered = await path?.answer({ question, workspaceId, caller, wish: plainWish })
    const error = answered?.ok === false ? answered.error : null
    answers.push({
      workspaceId,
      tookMs: scheduler.now() - startedAtMs,
      retryAfterSeconds: error?.retryAfterSeconds ?? null,
      isAnswered: answered?.ok === true,
    })
  }

  for (let at = 0; at < total; at += 1) scheduler.schedule(() => void read(at), (at * lastsMs) / total)
  for (let atMs = 0; atMs < lastsMs; atMs += 100)
    scheduler.schedule(
      () => bookOf(workspaces[0] as WorkspaceId).advance([{ moves: [boardMove('b0')] }]),
      atMs,
    )
  await scheduler.run(scheduler.now() + lastsMs + 6_000, () => undefined)
  return { answers, seen: origin.seen, total }
}

const figuresOf = ({ answers, seen, total }: Awaited<ReturnType<typeof offer>>) => ({
  offered: total,
  answered: answers.filter(({ isAnswered }) => isAnswered).length,
  refused: answers.filter(({ isAnswered }) => !isAnswered).length,
  queries: seen.queries,
  runningMost: seen.runningMost,
  p50Ms: percentile(
    answers.map(({ tookMs }) => tookMs),
    0.5,
  ),
  p99Ms: percentile(
    answers.map(({ tookMs }) => tookMs),
    0.99,
  ),
})

it('switching off does not bring the database down: at ten times its capacity every reader of what many read is answered', async () => {
  const offered = await offer((at) => ({
    workspaceId: workspaces[at % workspaces.length] as WorkspaceId,
    board: `b${Math.floor(at / workspaces.length) % 3}`,
  }))
  const figures = figuresOf(offered)
  console.info(`off, 60 boards, ten times the capacity of ${capacityPerSecond} queries a second:`, figures)
  expect(figures.answered).toBe(figures.offered)
  expect(figures.queries).toBeLessThan((capacityPerSecond * lastsMs) / 1_000)
  expect(figures.runningMost).toBeLessThanOrEqual(places().reads.bounds.all.placesMax)
})

it('what cannot be shared is shed: the database works at its capacity, a small workspace is served, and the rest come back at different times', async () => {
  const [small, ...large] = workspaces as [WorkspaceId, ...WorkspaceId[]]
  const offered = await offer((at) =>
    at % 500 === 0
      ? { workspaceId: small, board: `b${at % 7}` }
      : { workspaceId: large[at % large.length] as WorkspaceId, board: `b${at}` },
  )
  const figures = figuresOf(offered)
  console.info('off, every board another one:', figures)
  const { bounds } = places().reads
  expect(figures.runningMost).toBeLessThanOrEqual(bounds.all.placesMax)
  expect(figures.answered).toBeGreaterThan((0.9 * capacityPerSecond * lastsMs) / 1_000)
  expect(offered.answers).toHaveLength(offered.total)
  expect(
    offered.answers.filter(({ workspaceId, isAnswered }) => workspaceId === small && !isAnswered),
  ).toEqual([])
  const waits = new Set(
    offered.answers.flatMap(({ retryAfterSeconds: seconds }) => (seconds === null ? [] : [seconds])),
  )
  expect(waits.size).toBe(limits.rolloutRetrySpreadSeconds)
})
