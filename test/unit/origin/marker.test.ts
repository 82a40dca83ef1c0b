import pino from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import type { MarkSource, Snapshot } from '../../../origin/outbox/mark-source.ts'
import { createMarker, type Marker } from '../../../origin/outbox/marker.ts'
import type { Mark, MarkAnswer } from '../../../shared/contract/marks.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'

const beatMs = 2_000
const markers: { readonly marker: Marker; readonly clock: FakeClock }[] = []

afterEach(async () => {
  for (const { marker, clock } of markers.splice(0)) {
    const stopped = marker.stop()
    await clock.advance(60_000)
    await stopped
  }
})

function setUp() {
  const clock = createFakeClock()
  const said: string[] = []
  const marks: Mark[] = []
  const state = {
    untold: [] as string[],
    noted: [] as string[],
    outcome: 'taken' as MarkAnswer['outcome'],
    succession: 1,
    isAnother: false,
    database: '1:00000001',
    position: '0/1',
    reason: null as 'replica' | 'forbidden' | null,
    isDown: false,
  }
  let snapshots = 0
  const source: MarkSource = {
    async take() {
      if (state.isDown) return err({ kind: 'unavailable' })
      if (state.reason !== null) return ok({ said: 'refused', reason: state.reason })
      snapshots += 1
      said.push(`take ${snapshots}`)
      const snapshot: Snapshot = {
        ...{
          snapshot: `${snapshots}`,
          database: state.database,
          position: state.position,
          noted: state.noted,
        },
      }
      return ok({ said: 'taken', ...snapshot })
    },
    async untold({ snapshot }) {
      if (state.isDown) return err({ kind: 'unavailable' })
      said.push(`untold ${snapshot}`)
      return ok(state.isAnother ? { said: 'another' } : { said: 'untold', untold: state.untold })
    },
    async moveEverything() {
      said.push('move everything')
      return ok({})
    },
  }
  const marker = createMarker({
    source,
    async post(mark) {
      said.push(mark === null ? 'ask' : `mark ${mark.at - startMs}`)
      if (mark !== null) marks.push(mark)
      const outcome = mark === null ? 'none' : state.outcome
      return ok({ outcome, now: clock.now(), succession: state.succession })
    },
    ...{ clock, random: () => 0.5, logger: pino({ level: 'silent' }), wakeRelay: () => undefined },
  })
  const startMs = clock.now()
  markers.push({ marker, clock })
  return { clock, said, marks, state, marker, startMs }
}

describe('a marker', () => {
  test('takes each snapshot after the instant that it is marked with, and asks for its rows before it marks', async () => {
    const { clock, said, marker } = setUp()
    marker.start()
    await clock.advance(2 * beatMs)
    expect(said).toEqual([
      ...['ask', 'take 1'],
      ...['untold 1', 'mark 0', 'take 2'],
      ...['untold 2', 'mark 2000', 'take 3'],
    ])
    expect(marker.health).toBe('running')
  })

  test('excepts what was untold and what was noted when the snapshot was taken, but no id that nothing is cached of', async () => {
    const { clock, marks, marker, state } = setUp()
    state.noted = ['7']
    marker.start()
    await clock.advance(0)
    Object.assign(state, { noted: [], untold: ['8', '7', 'not an id'] })
    await clock.advance(beatMs)
    expect(marks.map(({ except }) => except)).toEqual([['7', '8']])
  })

  test('with more exceptions than a mark may have posts none, and keeps its snapshot until there are fewer', async () => {
    const { clock, marks, said, marker, state } = setUp()
    state.untold = Array.from({ length: limits.markExceptionsMax + 1 }, (_, index) => `w${index}`)
    marker.start()
    await clock.advance(3 * beatMs)
    expect(marks).toEqual([])
    state.untold = ['w1']
    await clock.advance(beatMs)
    expect(marks).toMatchObject([{ except: ['w1'] }])
    expect(said.slice(-3)).toEqual(['untold 1', 'mark 0', 'take 2'])
  })

  test('of a database that is refused moves everything before it takes the snapshot of the mark that succeeds', async () => {
    const { clock, said, marks, marker, state } = setUp()
    marker.start()
    await clock.advance(beatMs)
    state.outcome = 'refused'
    state.succession = 4
    await clock.advance(beatMs)
    expect(said.slice(-3)).toEqual(['mark 2000', 'move everything', 'take 3'])
    state.outcome = 'taken'
    await clock.advance(2 * beatMs)
    expect(marks.map(({ succeeds }) => succeeds)).toEqual([undefined, undefined, 4, undefined])
  })

  test.each([
    ['is on another timeline', { database: '1:00000002' }],
    ['has gone back', { position: '0/F' }],
  ])('does not claim to have moved everything in a database that %s since', async (_, restored) => {
    const { clock, said, marks, marker, state } = setUp()
    Object.assign(state, { outcome: 'refused', position: '0/10' })
    marker.start()
    await clock.advance(0)
    // The call that moves everything was for the database that is restored now.
    Object.assign(state, restored)
    await clock.advance(beatMs)
    expect(said.slice(-2)).toEqual(['move everything', 'take 2'])
    await clock.advance(beatMs)
    expect(marks.map(({ succeeds }) => succeeds)).toEqual([undefined, undefined])
  })

  test('does not claim it either once the database has changed under its snapshot', async () => {
    const { clock, marks, marker, state } = setUp()
    state.outcome = 'refused'
    marker.start()
    await clock.advance(beatMs)
    state.isAnother = true
    await clock.advance(beatMs)
    state.isAnother = false
    await clock.advance(beatMs)
    expect(marks.map(({ succeeds }) => succeeds)).toEqual([undefined, undefined])
  })

  test('moves everything once in five minutes at most, however often it is refused', async () => {
    const { clock, said, marker, state } = setUp()
    state.outcome = 'refused'
    marker.start()
    await clock.advance(290_000)
    expect(said.filter((each) => each === 'move everything')).toHaveLength(1)
    expect(marker.health).toBe('refused')
    await clock.advance(30_000)
    expect(said.filter((each) => each === 'move everything')).toHaveLength(2)
  })

  test('drops the snapshot of another database', async () => {
    const { clock, said, marks, marker, state } = setUp()
    marker.start()
    await clock.advance(0)
    state.isAnother = true
    await clock.advance(beatMs)
    expect(said.slice(-3)).toEqual(['untold 1', 'ask', 'take 2'])
    expect(marks).toEqual([])
  })

  test.each(['replica', 'forbidden'] as const)(
    'of a database that is or has %s says so and marks nothing',
    async (reason) => {
      const { clock, marks, marker, state } = setUp()
      state.reason = reason
      marker.start()
      await clock.advance(60_000)
      expect(marker.health).toBe(reason)
      expect(marks).toEqual([])
      state.reason = null
      await clock.advance(30_000)
      expect(marker.health).toBe('running')
    },
  )

  test('says that it fails while the database is away, and recovers by itself', async () => {
    const { clock, marker, state } = setUp()
    marker.start()
    await clock.advance(beatMs)
    state.isDown = true
    await clock.advance(beatMs)
    expect(marker.health).toBe('failing')
    state.isDown = false
    await clock.advance(30_000)
    expect(marker.health).toBe('running')
  })

  test('names the database of the last mark, until another one is met', async () => {
    const { clock, marker, state } = setUp()
    expect(marker.marked).toBeNull()
    marker.start()
    await clock.advance(3 * beatMs)
    expect(marker.marked).toMatchObject({ database: '1:00000001', position: '0/1' })
    state.position = '0/2'
    await clock.advance(3 * beatMs)
    expect(marker.marked).toMatchObject({ position: '0/2' })
    state.isDown = true
    await clock.advance(2 * beatMs)
    expect(marker.marked).toMatchObject({ position: '0/2' })
    state.isDown = false
    state.isAnother = true
    await clock.advance(10 * beatMs)
    expect(marker.marked).toBeNull()
    state.isAnother = false
    state.outcome = 'refused'
    await clock.advance(10 * beatMs)
    expect(marker.marked).toBeNull()
    state.outcome = 'taken'
    await clock.advance(10 * beatMs)
    expect(marker.marked).toMatchObject({ position: '0/2' })
  })
})
