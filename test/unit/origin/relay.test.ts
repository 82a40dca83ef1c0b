import pino from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import type { OutboxRow } from '../../../origin/outbox/outbox.ts'
import { createRelay, type Relay } from '../../../origin/outbox/relay.ts'
import type { OutboxEvent } from '../../../shared/contract/invalidation.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { familyMove } from '../../../shared/tags/moves.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import {
  createFakeOutbox,
  createFakeWorker,
  type FakeOutbox,
  type LookMood,
  type WorkerMood,
} from '../../support/fake-outbox.ts'

const relays: { readonly relay: Relay; readonly clock: ReturnType<typeof createFakeClock> }[] = []

function createParts(lookMood: LookMood = 'sees') {
  const clock = createFakeClock()
  const outbox = createFakeOutbox(clock)
  outbox.lookMood = lookMood
  const worker = createFakeWorker(clock)
  const relayBeside = () => {
    const relay = createRelay({
      outbox,
      delivery: worker,
      clock,
      random: () => 0.5,
      logger: pino({ level: 'silent' }),
    })
    relays.push({ relay, clock })
    return relay
  }
  return { clock, outbox, worker, relay: relayBeside(), relayBeside }
}

afterEach(async () => {
  for (const { relay, clock } of relays.splice(0)) {
    const stopped = relay.stop()
    await clock.advance(10_000)
    await stopped
  }
})

/** Lets rows that are read have one move more, as if others of their workspace waited. */
function widenWhatIsRead(outbox: FakeOutbox): void {
  const { read } = outbox
  outbox.read = async (keys) => {
    const answer = await read(keys)
    if (!answer.ok) return answer
    const rows = answer.value.rows.map(({ event, ...row }) => ({
      ...row,
      event: { ...event, tags: [...event.tags, familyMove('settings')] },
    }))
    return ok({ ...answer.value, rows })
  }
}

describe.each<[string, LookMood]>([
  ['that looks', 'sees'],
  ['whose looks fail', 'fails'],
  ['whose looks are not answered', 'hangs'],
  ['beside one that looks', 'busy'],
])('a relay %s', (_name, lookMood) => {
  const parts = () => createParts(lookMood)

  test('delivers every row once and removes it', async () => {
    const { clock, outbox, worker, relay } = parts()
    for (let row = 0; row < 450; row += 1) outbox.write()
    relay.start()
    await clock.advance(0)
    expect(worker.posts.map((post) => post.length)).toEqual([200, 200, 50])
    expect(worker.version).toBe(450)
    expect(outbox.rows).toEqual([])
    expect(await relay.figures()).toEqual({
      status: 'running',
      relayed: 450,
      failures: lookMood === 'fails' ? { look_unavailable: 1 } : {},
      waiting: { depth: 0, oldestAgeMs: 0, parked: 0 },
    })
  })

  test('finds a row within half a second, however long there was none', async () => {
    const { clock, outbox, relay } = parts()
    relay.start()
    for (let round = 0; round < 20; round += 1) {
      await clock.advance(3_000 + 77 * round)
      outbox.write()
      await clock.advance(500)
      expect(outbox.rows).toEqual([])
    }
  })

  test('claims at most twice a second while nothing is written', async () => {
    const { clock, outbox, relay } = parts()
    relay.start()
    await clock.advance(60_000)
    expect(outbox.claims).toBeLessThan(135)
  })

  test.each<[string, WorkerMood]>([
    ['is unreachable', 'unreachable'],
    ['answers 503', 'unavailable'],
    ['refuses the key', 'refused'],
    ['does not answer in time', 'hangs'],
  ])(
    'counts no attempt of rows while the Worker %s, and delivers them all when it is back',
    async (_name, mood) => {
      const { clock, outbox, worker, relay } = parts()
      worker.mood = mood
      for (let row = 0; row < 3; row += 1) outbox.write()
      relay.start()
      await clock.advance(600_000)
      expect(outbox.rows.map(({ attempts }) => attempts)).toEqual([0, 0, 0])
      expect(relay.health).toBe('lagging')
      // The relay backs off: in ten minutes it tries about a hundred times and not thousands.
      expect(worker.posts.length).toBeLessThan(200)
      worker.mood = 'takes'
      await clock.advance(6_000)
      expect(outbox.rows).toEqual([])
      expect(worker.version).toBe(3)
      await clock.advance(6_000)
      expect(relay.health).toBe('running')
    },
  )

  test('has each event counted once although every answer was lost', async () => {
    const { clock, outbox, worker, relay } = parts()
    worker.mood = 'answer lost'
    for (let row = 0; row < 5; row += 1) outbox.write()
    relay.start()
    await clock.advance(30_000)
    expect(worker.posts.length).toBeGreaterThan(2)
    expect(outbox.rows).toHaveLength(5)
    worker.mood = 'takes'
    await clock.advance(10_000)
    expect(outbox.rows).toEqual([])
    expect(worker.version).toBe(5)
  })

  test('delivers the rest of a batch if one ledger does not answer, and the row of that one later', async () => {
    const { clock, outbox, worker, relay } = parts()
    const stuck = outbox.write()
    for (let row = 0; row < 4; row += 1) outbox.write()
    worker.unavailable.add(stuck.event.eventId)
    relay.start()
    await clock.advance(0)
    expect(outbox.rows).toEqual([{ id: stuck.key.id, attempts: 1, isParked: false }])
    worker.unavailable.clear()
    await clock.advance(2_000)
    expect(outbox.rows).toEqual([])
  })

  test('finds the one row that makes a batch refused, and delivers the rest', async () => {
    const { clock, outbox, worker, relay } = parts()
    const rows = Array.from({ length: 100 }, () => outbox.write())
    const poison = rows[63]
    worker.poisonous.add(String(poison?.event.eventId))
    relay.start()
    await clock.advance(0)
    expect(outbox.rows.map(({ id }) => id)).toEqual([poison?.key.id])
    expect(worker.version).toBe(99)
    expect(worker.posts.length).toBeLessThan(20)
  })

  test('reads the rows of a half before it delivers them, because the rows of the other half wait', async () => {
    const { clock, outbox, worker, relay } = parts()
    const rows = Array.from({ length: 4 }, () => outbox.write())
    worker.poisonous.add(String(rows[3]?.event.eventId))
    const posted: OutboxEvent[][] = []
    const { post } = worker
    worker.post = (events) => {
      posted.push([...events])
      return post(events)
    }
    widenWhatIsRead(outbox)
    relay.start()
    await clock.advance(0)
    expect(posted.map((events) => events.map(({ tags }) => tags.length))).toEqual([
      [1, 1, 1, 1],
      [2, 2],
      [2, 2],
      [2],
      [2],
    ])
  })

  test('gives the rows of a refused batch back if it cannot read them', async () => {
    const { clock, outbox, worker, relay } = parts()
    const rows = [outbox.write(), outbox.write()]
    worker.poisonous.add(String(rows[0]?.event.eventId))
    outbox.read = async () => err({ kind: 'unavailable' })
    relay.start()
    await clock.advance(0)
    expect(worker.posts).toHaveLength(1)
    expect(outbox.rows.map(({ attempts }) => attempts)).toEqual([0, 0])
  })

  test('parks a row that is refused repeatedly, raises the alarm, and still delivers it once it is accepted', async () => {
    const { clock, outbox, worker, relay } = parts()
    const poison = outbox.write()
    worker.poisonous.add(poison.event.eventId)
    relay.start()
    await clock.advance(300_000)
    expect(outbox.rows).toMatchObject([{ id: poison.key.id, isParked: true }])
    expect(outbox.rows[0]?.attempts).toBeGreaterThanOrEqual(limits.outboxAttemptsMax)
    expect(relay.health).toBe('parked')
    outbox.write()
    await clock.advance(500)
    expect(outbox.rows).toHaveLength(1)
    worker.poisonous.clear()
    await clock.advance(60_000)
    expect(outbox.rows).toEqual([])
    await clock.advance(6_000)
    expect(relay.health).toBe('running')
  })

  test('loses nothing while an older Worker refuses moves that it does not know', async () => {
    const { clock, outbox, worker, relay } = parts()
    worker.mood = 'rejected'
    for (let row = 0; row < 450; row += 1) outbox.write()
    relay.start()
    await clock.advance(600_000)
    expect(outbox.rows).toHaveLength(450)
    worker.mood = 'takes'
    await clock.advance(70_000)
    expect(outbox.rows).toEqual([])
    expect(worker.version).toBe(450)
  })

  test('sends no row twice at once while another relay runs', async () => {
    const { clock, outbox, worker, relay, relayBeside } = parts()
    const other = relayBeside()
    for (let row = 0; row < 1_000; row += 1) outbox.write()
    relay.start()
    other.start()
    await clock.advance(2_000)
    expect(worker.posts.flat()).toHaveLength(1_000)
    expect(new Set(worker.posts.flat()).size).toBe(1_000)
    expect(outbox.rows).toEqual([])
  })

  test('takes over the claims of a relay that died', async () => {
    const { clock, outbox, worker, relay } = parts()
    outbox.write()
    await outbox.claim(200)
    relay.start()
    await clock.advance(limits.outboxLeaseMs - 1)
    expect(worker.posts).toEqual([])
    await clock.advance(600)
    expect(outbox.rows).toEqual([])
  })

  test('waits while the database is down, and continues when it is back', async () => {
    const { clock, outbox, relay } = parts()
    relay.start()
    outbox.isDown = true
    outbox.write()
    await clock.advance(60_000)
    expect(relay.health).toBe('failing')
    outbox.isDown = false
    await clock.advance(5_500)
    expect(outbox.rows).toEqual([])
    expect(relay.health).toBe('running')
  })

  test('delivers rows again that it could not acknowledge', async () => {
    const { clock, outbox, worker, relay } = parts()
    outbox.write()
    const { post } = worker
    worker.post = async (events) => {
      const posted = await post(events)
      outbox.isDown = true
      return posted
    }
    relay.start()
    await clock.advance(1_000)
    expect(outbox.rows).toHaveLength(1)
    worker.post = post
    outbox.isDown = false
    await clock.advance(15_000)
    expect(outbox.rows).toEqual([])
    expect(worker.version).toBe(1)
  })

  test('removes, releases and fails no row with the same id in a database that was restored meanwhile', async () => {
    for (const mood of ['takes', 'unavailable', 'rejected'] as const) {
      const { clock, outbox, worker, relay } = parts()
      outbox.write()
      const { post } = worker
      worker.post = async (events) => {
        worker.post = post
        worker.mood = mood
        const posted = await post(events)
        outbox.restore()
        worker.mood = 'hangs'
        return posted
      }
      relay.start()
      await clock.advance(1_000)
      expect(outbox.rows).toEqual([{ id: 1, attempts: 0, isParked: false }])
      worker.mood = 'takes'
      await clock.advance(30_000)
      expect(outbox.rows).toEqual([])
      expect(worker.posts.at(-1)).toEqual(['outbox:1-restored'])
    }
  })

  test('finishes what it has claimed before it stops, and claims no more', async () => {
    const { clock, outbox, worker, relay } = parts()
    worker.mood = 'answer lost'
    outbox.write()
    relay.start()
    await clock.advance(0)
    let isStopped = false
    const stopping = relay.stop().then(() => {
      isStopped = true
    })
    await clock.advance(0)
    expect(isStopped).toBe(false)
    await clock.advance(limits.relayDeadlineMs)
    await stopping
    const { claims } = outbox
    await clock.advance(60_000)
    expect(outbox.claims).toBe(claims)
  })
})

describe('a writer’s own delivery', () => {
  test('answers the version of its last event and removes its rows, with no background relay', async () => {
    const { clock, outbox, relay } = createParts()
    const rows = [outbox.write([familyMove('counts')], 2_000), outbox.write([familyMove('settings')], 2_000)]
    expect(await relay.deliver(rows)).toBe(2)
    await clock.advance(0)
    expect(outbox.rows).toEqual([])
  })

  test('answers null within its deadline while the Worker hangs, and the background relay delivers', async () => {
    const { clock, outbox, worker, relay } = createParts()
    relay.start()
    worker.mood = 'hangs'
    const delivering = relay.deliver([outbox.write([familyMove('counts')], 2_000)])
    await clock.advance(limits.writeRelayDeadlineMs)
    expect(await delivering).toBeNull()
    worker.mood = 'takes'
    await clock.advance(10_000)
    expect(outbox.rows).toEqual([])
    expect(worker.version).toBe(1)
  })

  test('reads rows that may need fewer moves after the commit, and delivers what it read, or all moves if it cannot', async () => {
    const { outbox, worker, relay } = createParts()
    const posted: OutboxEvent[] = []
    const { post } = worker
    worker.post = (events) => {
      posted.push(...events)
      return post(events)
    }
    const own = (): OutboxRow => {
      const { event, ...row } = outbox.write([familyMove('counts')], 2_000)
      return { ...row, event: { ...event, tags: [...event.tags, familyMove('settings')] }, isWide: true }
    }
    expect(await relay.deliver([own()])).toBe(1)
    outbox.read = async () => err({ kind: 'unavailable' })
    expect(await relay.deliver([own()])).toBe(2)
    expect(posted.map(({ tags }) => tags)).toEqual([['counts'], ['counts', 'settings']])
  })

  test('answers null if some of its rows were not made durable', async () => {
    const { outbox, worker, relay } = createParts()
    const rows = [outbox.write(), outbox.write()]
    worker.unavailable.add(String(rows[1]?.event.eventId))
    expect(await relay.deliver(rows)).toBeNull()
  })
})
