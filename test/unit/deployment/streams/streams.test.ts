import { describe, expect, it } from 'vitest'
import type { AlertChange } from '../../../../shared/contract/alerts.ts'
import type { SampleColumns, Snapshot } from '../../../../shared/contract/monitoring.ts'
import { sourceNames } from '../../../../shared/contract/tier-names.ts'
import { limits } from '../../../../shared/limits.ts'
import type { StreamHolder } from '../../../../worker/deployment/streams/deployment-now.ts'
import { createStreams } from '../../../../worker/deployment/streams/streams.ts'
import { readEvents, type SeenEvent } from '../../../support/event-stream.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'

const bySource = <Value>(value: Value) =>
  Object.fromEntries(sourceNames.map((name) => [name, value])) as Record<(typeof sourceNames)[number], Value>

function snapshotOf(atMs: number): Omit<Snapshot, 'history'> {
  const sample = {
    ...{ at_ms: atMs, seconds: 1, requests: 1, errors: 0, client_errors: 0, hit_rate: 1 },
    ...{ avg_ms: 1, p50_ms: 1, p95_ms: 1, p99_ms: 1, sources: bySource(0) },
  }
  return {
    ...{ at_ms: atMs, sample, parts: [], outbox: null, alerts: [] },
    totals: { requests: 1, errors: 0, hit_rate: 1 },
  }
}

function columnsOf(instants: readonly number[]): SampleColumns {
  const column = <Value>(value: Value) => instants.map(() => value)
  return {
    ...{
      at_ms: [...instants],
      seconds: column(1),
      requests: column(1),
      errors: column(0),
      client_errors: column(0),
      hit_rate: column(1),
    },
    ...{ avg_ms: column(1), p50_ms: column(1), p95_ms: column(1), p99_ms: column(1) },
    sources: {
      memory: column(0),
      edge_cache: column(0),
      cloudflare_kv: column(0),
      redis_cache: column(0),
      database: column(0),
    },
  }
}

function changeAt(atMs: number): AlertChange {
  return {
    ...{ id: `at-${atMs}`, name: 'error_rate', rule: 'error_rate', subject: null, severity: 'critical' },
    ...{ from: 'pending', to: 'firing', reason: 'held', value: 1, threshold: 0.05, unit: 'ratio' },
    at: new Date(atMs).toISOString(),
  }
}

/** A deployment that takes a sample each second, and its streams. */
function createRoom() {
  const clock = createFakeClock()
  const instants: number[] = []
  const changes: AlertChange[] = []
  const streams = createStreams(
    {
      snapshot: () => (instants.length === 0 ? null : snapshotOf(instants.at(-1) ?? 0)),
      samplesAfter: (atMs) => columnsOf(instants.filter((each) => each > (atMs ?? 0))),
      changesAfter: (atMs) => changes.filter(({ at }) => Date.parse(at) > atMs),
    },
    clock,
  )
  return {
    clock,
    streams,
    instants,
    async second(isAlert = false) {
      await clock.advance(1_000)
      instants.push(clock.now())
      if (isAlert) changes.push(changeAt(clock.now()))
      streams.publish()
      return clock.now()
    },
  }
}

type Room = ReturnType<typeof createRoom>

const tokenHolder: StreamHolder = { workspaceId: null, userId: null }

function opened(room: Room, lastEventId: number | null = null, holder = tokenHolder) {
  const stream = room.streams.open(lastEventId, holder)
  if (typeof stream === 'string') throw new Error(stream)
  return stream
}

function open(room: Room, lastEventId: number | null = null) {
  const events = readEvents(opened(room, lastEventId))
  return async (): Promise<SeenEvent> => {
    const { value, done } = await events.next()
    if (done) throw new Error('the stream ended')
    return value
  }
}

function historyOf(event: SeenEvent) {
  if (event.event !== 'snapshot') throw new Error(`a ${event.event}, no snapshot`)
  const { history } = event.data
  return history === null ? null : { isResumed: history.is_resumed, instants: history.samples.at_ms }
}

describe('a stream', () => {
  it('begins with all samples there are, and goes on with a snapshot each second', async () => {
    const room = createRoom()
    const before = [await room.second(), await room.second()]
    const next = open(room)
    expect(historyOf(await next())).toEqual({ isResumed: false, instants: before })
    const atMs = await room.second()
    expect(await next()).toMatchObject({
      event: 'snapshot',
      id: String(atMs),
      data: { at_ms: atMs, history: null },
    })
  })

  it('opened before the first sample begins with it', async () => {
    const room = createRoom()
    const next = open(room)
    const atMs = await room.second()
    expect(historyOf(await next())).toEqual({ isResumed: false, instants: [atMs] })
  })

  it('taken up with Last-Event-ID brings what was missed, samples and alerts, and nothing else', async () => {
    const room = createRoom()
    await room.second(true)
    const last = await room.second()
    const missed = [await room.second(true), await room.second()]
    const next = open(room, last)
    expect(await next()).toMatchObject({ event: 'alert', data: { id: `at-${missed[0]}` } })
    expect(historyOf(await next())).toEqual({ isResumed: true, instants: missed })
  })

  it('taken up where nothing was missed says nothing until there is news', async () => {
    const room = createRoom()
    const last = await room.second()
    const next = open(room, last)
    const atMs = await room.second()
    expect(historyOf(await next())).toEqual({ isResumed: true, instants: [atMs] })
  })

  it('starts from the beginning if the client names an instant in the future', async () => {
    const room = createRoom()
    const atMs = await room.second()
    expect(historyOf(await open(room, atMs + 86_400_000)())).toEqual({ isResumed: false, instants: [atMs] })
  })

  it('tells of an alert before the snapshot whose id covers it', async () => {
    const room = createRoom()
    await room.second()
    const next = open(room)
    await next()
    await room.second(true)
    expect([(await next()).event, (await next()).event]).toEqual(['alert', 'snapshot'])
  })

  it('has a heartbeat in every fifteen seconds, whether or not there are samples', async () => {
    const room = createRoom()
    const next = open(room)
    for (let second = 0; second < 31; second += 1) {
      await room.clock.advance(1_000)
      room.streams.publish()
    }
    expect([(await next()).event, (await next()).event]).toEqual(['heartbeat', 'heartbeat'])
  })

  it('ends cleanly when its time is over', async () => {
    const room = createRoom()
    const stream = opened(room)
    await room.clock.advance(limits.streamDurationMs)
    room.streams.publish()
    expect(room.streams.count).toBe(0)
    expect(await readEvents(stream).next()).toEqual({ done: true, value: undefined })
  })
})

describe('a reader who is too slow', () => {
  it('misses snapshots instead of piling them up, and then is brought what was missed', async () => {
    const room = createRoom()
    // The first snapshot alone fills the buffer.
    room.instants.push(...Array.from({ length: 3_600 }, (_, second) => second + 1))
    const next = open(room)
    const missed = [await room.second(), await room.second(), await room.second()]
    expect(historyOf(await next())?.instants).toHaveLength(3_600)
    missed.push(await room.second())
    expect(historyOf(await next())).toEqual({ isResumed: true, instants: missed })
    await room.second()
    expect(historyOf(await next())).toBeNull()
  })

  it('never has more waiting than the buffer and one event', async () => {
    const room = createRoom()
    const stream = opened(room)
    for (let second = 0; second < 55; second += 1) {
      for (let more = 0; more < 50; more += 1) room.instants.push(room.clock.now() + more)
      await room.second()
    }
    await room.clock.advance(limits.streamDurationMs)
    room.streams.publish()
    let lengthBytes = 0
    for await (const chunk of stream) lengthBytes += chunk.length
    expect(lengthBytes).toBeLessThan(2 * limits.streamBufferBytes)
  })

  it('is let go when it takes nothing for a minute', async () => {
    const room = createRoom()
    room.instants.push(...Array.from({ length: 3_600 }, (_, second) => second + 1))
    opened(room)
    for (let second = 0; second < 61; second += 1) await room.second()
    expect(room.streams.count).toBe(0)
  })
})

describe('the streams', () => {
  const of = (workspace: number | null, user: number | null): StreamHolder => ({
    workspaceId: workspace === null ? null : `workspace-${workspace}`,
    userId: user === null ? null : `user-${user}`,
  })
  /** Opens streams of as many users of one workspace as fill its share. */
  const fillWorkspace = (room: Room, workspace: number) =>
    Array.from({ length: limits.streamsPerWorkspaceMax }, (_, user) =>
      opened(room, null, of(workspace, 1_000 * workspace + user)),
    )

  it('of one user are few, whatever workspaces they are opened for, and one that is left makes room', async () => {
    const room = createRoom()
    const streams = Array.from({ length: limits.streamsPerUserMax }, (_, workspace) =>
      opened(room, null, of(workspace, 1)),
    )
    expect(room.streams.open(null, of(0, 1))).toBe('holder-has-enough')
    expect(room.streams.open(null, of(99, 1))).toBe('holder-has-enough')
    expect(room.streams.open(null, of(0, 2))).toBeInstanceOf(ReadableStream)
    await streams[0]?.cancel()
    expect(room.streams.open(null, of(0, 1))).toBeInstanceOf(ReadableStream)
  })

  it('of one workspace leave places to others, however many users it has', () => {
    const room = createRoom()
    fillWorkspace(room, 1)
    expect(room.streams.open(null, of(1, 1))).toBe('holder-has-enough')
    expect(room.streams.open(null, of(2, 2))).toBeInstanceOf(ReadableStream)
  })

  it('of who holds METRICS_TOKEN are as many as those of a workspace', () => {
    const room = createRoom()
    for (let each = 0; each < limits.streamsPerWorkspaceMax; each += 1) opened(room)
    expect(room.streams.open(null, tokenHolder)).toBe('holder-has-enough')
    expect(room.streams.open(null, of(1, 1))).toBeInstanceOf(ReadableStream)
  })

  it('are bounded in all, and one that its reader leaves makes room for another', async () => {
    const room = createRoom()
    const streams = Array.from({ length: limits.streamsMax }, (_, each) => opened(room, null, of(each, each)))
    expect(room.streams.open(null, of(1_000, 1_000))).toBe('all-taken')
    await streams[0]?.cancel()
    expect(room.streams.open(null, of(1_000, 1_000))).toBeInstanceOf(ReadableStream)
  })
})
