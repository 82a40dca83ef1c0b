import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { NewJob } from '../../origin/queues/job-queues.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { ok } from '../../shared/result.ts'
import { startHostedServer } from '../database/hosted.ts'
import { eventually } from '../support/eventually.ts'
import { jobs, otherWorkspace, type QueueRoom, startQueueRoom, workspace } from './queue-room.ts'

let room: QueueRoom

beforeAll(async () => {
  room = await startQueueRoom()
})

afterAll(() => room.stop())

beforeEach(() => room.clear())

/** The declared limit at a scale at which a test can watch many windows. */
const scaled = { startsMax: 5, windowMs: 500, activeMax: 5 }

/** Starts of runs as their handlers saw them. */
interface Start {
  readonly workspaceId: string
  readonly name: string
  readonly atMs: number
}

/** Serves `messages` in two processes at once, and gathers the starts. */
async function serveTwice(limit = scaled) {
  const starts: Start[] = []
  const declared = { messages: { workspaceLimit: limit } }
  for (let processes = 0; processes < 2; processes += 1) {
    await room.serve(
      {
        messages: async ({ workspaceId, name }) => {
          starts.push({ workspaceId, name, atMs: performance.now() })
          return ok(null)
        },
      },
      { declared },
    )
  }
  return starts
}

/** The names of claimed jobs, of which each workspace has three under its own name. */
async function namesClaimed({ queues, sql }: QueueRoom, workspaces: readonly string[]): Promise<string> {
  const ids = workspaces.map((id) => workspaceIdSchema.parse(id))
  await queues.add(
    'messages',
    ids.flatMap((workspaceId) => jobs(3, { workspaceId, name: workspaceId })),
  )
  const claimed: string[] = []
  for (let claims = 0; claims < 3 * ids.length; claims += 1) {
    const [row] = await sql`
      select j.name from private.claim_job('messages', ${crypto.randomUUID()}, 15000, 0, 'p', 5, 60000, 100) c
      join bullmq.job j on j.queue = 'messages' and j.id = c.id`
    claimed.push(row?.['name'])
  }
  return claimed.join('')
}

const add = (more: readonly NewJob[]) => room.queues.add('messages', more)

/** The most starts that any window holds. It is enough to look at the windows that begin with a start. */
function fullestWindow(starts: readonly Start[], windowMs: number): number {
  const times = starts.map(({ atMs }) => atMs)
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length))
}

describe('the limit of a workspace', () => {
  it('holds in every period of its length, wherever it begins, over two processes', async () => {
    const starts = await serveTwice()
    await add(jobs(14))
    // Further jobs come in the middle of windows.
    await eventually(() => expect(starts.length).toBeGreaterThanOrEqual(6))
    await add(jobs(8))
    await eventually(() => expect(starts).toHaveLength(22), { deadlineMs: 20_000 })
    expect(fullestWindow(starts, scaled.windowMs)).toBe(scaled.startsMax)
  })

  it('is each workspace’s own', async () => {
    const starts = await serveTwice({ ...scaled, windowMs: 60_000 })
    await add([...jobs(20), ...jobs(20, { workspaceId: otherWorkspace })])
    await eventually(() => expect(starts).toHaveLength(10))
    expect(starts.filter(({ workspaceId }) => workspaceId === workspace)).toHaveLength(5)
    const counts = await room.queues.counts()
    expect(counts.ok && counts.value.queues.messages).toMatchObject({ waiting: 30, delayed: 0 })
  })

  it('is heeded when the job that takes a place has not begun yet', async () => {
    await add(jobs(10))
    const claim = () =>
      room.sql`select * from private.claim_job('messages', ${crypto.randomUUID()}, 15000, 0, 'p', 5, 60000, 100)`
    const claimed = []
    for (let claims = 0; claims < 6; claims += 1) claimed.push(...(await claim()))
    expect(claimed.filter(({ id }) => id !== null)).toHaveLength(5)
    // One window and one lock: a process that is this late hands the job back.
    expect(Number(claimed.at(-1)?.['wait_ms'])).toBeGreaterThan(60_000)
    await room.sql`select private.job_started('messages', j.id, 1, 60000) from bullmq.job j where j.state = 'active'`
    const [after] = await claim()
    expect(Number(after?.['wait_ms'])).toBeLessThanOrEqual(60_000)
  })

  it('lets the more urgent jobs of a workspace go first', async () => {
    await add([
      ...jobs(10, { name: 'usual' }),
      ...jobs(3, { name: 'urgent', priority: 1 }),
      ...jobs(5, { name: 'late', priority: 10 }),
    ])
    const starts = await serveTwice({ ...scaled, windowMs: 60_000 })
    await eventually(() => expect(starts).toHaveLength(5))
    expect(starts.map(({ name }) => name).toSorted()).toEqual([
      'urgent',
      'urgent',
      'urgent',
      'usual',
      'usual',
    ])
  })
})

describe('workspaces', () => {
  it('take turns: one with 10,000 jobs does not keep another’s one waiting', async () => {
    for (let added = 0; added < 10_000; added += 500) await add(jobs(500))
    const starts = await serveTwice({ ...scaled, windowMs: 60_000 })
    await eventually(() => expect(starts).toHaveLength(5))
    await add(jobs(1, { workspaceId: otherWorkspace }))
    // Without a turn of its own it would come after all others, in more than a day.
    await eventually(() => expect(starts.at(-1)).toMatchObject({ workspaceId: otherWorkspace }))
  })

  it('come round in the order of their ids, each with one job, for as long as all may start', async () => {
    expect(await namesClaimed(room, ['a', 'b', 'c'])).toBe('abcabcabc')
  })

  it('come round in a database that sorts ids by a language as well', async () => {
    const server = await startHostedServer()
    const { ownerUrl } = await server.open('UTC')
    const hosted = await startQueueRoom({ url: ownerUrl, stop: server.stop })
    try {
      // By bytes `B` comes before `a`, by a language after it.
      expect(await namesClaimed(hosted, ['a', 'B'])).toBe('BaBaBa')
    } finally {
      await hosted.stop()
    }
  })

  it('have a share of the places of a process, so that slow runs of one leave room for another', async () => {
    const begun: string[] = []
    await room.serve(
      {
        messages: ({ workspaceId, signal }) =>
          new Promise((resolve) => {
            begun.push(workspaceId)
            signal.addEventListener('abort', () => resolve(ok(null)))
            if (workspaceId === otherWorkspace) resolve(ok(null))
          }),
      },
      {
        declared: {
          messages: { concurrency: 3, workspaceLimit: { startsMax: 20, windowMs: 60_000, activeMax: 2 } },
        },
        drainMs: 0,
      },
    )
    await add(jobs(10))
    await eventually(() => expect(begun).toHaveLength(2))
    await add(jobs(4, { workspaceId: otherWorkspace }))
    await eventually(() => expect(begun).toHaveLength(6))
    expect(begun.slice(2)).toEqual(Array(4).fill(otherWorkspace))
  })
})

it('a claim that finds 500 workspaces at their limit says when the first is free, and finds the one that is', async () => {
  const many = Array.from({ length: 500 }, (_, index) => workspaceIdSchema.parse(`w${index}`))
  for (let round = 0; round < 4; round += 1) {
    await add(many.flatMap((workspaceId) => jobs(1, { workspaceId })))
  }
  await room.sql`
    insert into private.job_starts (queue, workspace_id, job_id, run, free_at)
    select 'messages', w, w || n, 1, clock_timestamp() + interval '1 hour' + interval '1 second' * n
    from unnest(${many}::text[]) w, generate_series(1, 5) n`
  const claim = async () => {
    const [claimed] = await room.sql`
      select * from private.claim_job('messages', ${crypto.randomUUID()}, 15000, 0, 'p', 5, 60000, 100)`
    return claimed
  }
  const claimed = await claim()
  expect(claimed).toMatchObject({ id: null, is_full: false })
  expect(Math.round(Number(claimed?.['wait_ms']) / 10_000)).toBe(360)
  await room.sql`delete from private.job_starts s where s.workspace_id = 'w250' and s.job_id = 'w2501'`
  expect((await claim())?.['id']).toContain('w250~')
})

it('a claim says when the end of a run would help, and only then', async () => {
  await add(jobs(3))
  const claim = async () => {
    const [claimed] = await room.sql`
      select * from private.claim_job('messages', ${crypto.randomUUID()}, 15000, 0, 'p', 5, 60000, 2)`
    return claimed
  }
  expect(await claim()).toMatchObject({ is_full: false })
  expect(await claim()).toMatchObject({ is_full: false })
  expect(await claim()).toMatchObject({ id: null, wait_ms: null, is_full: true })
  await room.sql`update bullmq.job j set state = 'completed' where j.state = 'active'`
  expect(await claim()).toMatchObject({ is_full: false, wait_ms: null })
})
