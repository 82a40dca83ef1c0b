import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFigures, type Figures, findHole } from './proof.ts'
import { longestMs, openRoom, type Room, runs, seed, updatesOfColumns } from './room.ts'
import { calls } from './rows.ts'
import { statementKinds, statementOf, type Write, writesOf } from './writes.ts'

let room: Room

beforeAll(async () => {
  room = await openRoom()
}, longestMs)

afterAll(async () => {
  await room?.database.stop()
})

/** How many random transactions are tried on the same questions. To put them at first takes longer than the writes. */
const runsOfOneDraw = 12

const told = (figures: Figures) => {
  const { writes, refused, changed, unchanged, movedInVain } = figures
  const share = (100 * movedInVain) / Math.max(1, unchanged)
  console.log(
    `${writes} writes (${refused} refused) changed ${changed} answers; they left ${unchanged} alone, of which ${share.toFixed(1)} % were moved in vain`,
  )
}

describe('whatever changes an answer moves one of its tags:', () => {
  const holeOf = async (writes: readonly Write[]) => {
    const { database, catalog, probesOf } = room
    const figures = createFigures()
    const sequences = writes.map((write) => [write])
    const asking = { sql: database.sql, catalog, probes: probesOf(seed) }
    const hole = await findHole({ ...asking, sequences, figures })
    expect(figures.refused).toBe(0)
    return hole
  }

  test(
    'an update of each column of each table, by the table and by a partition, with foreign keys and without',
    async () => {
      expect(await holeOf(await updatesOfColumns(room))).toBeNull()
    },
    longestMs,
  )

  test(
    'each kind of statement on each table, by the table and by a partition',
    async () => {
      const { written, partitionsOf, thatWrites } = room
      const writes: Write[] = []
      for (const table of written) {
        for (const kind of statementKinds) {
          const what = `${table.name}: ${kind}`
          for (const name of [null, ...partitionsOf(table).slice(0, 1)])
            writes.push(await thatWrites(what, (salt) => statementOf(table, kind, salt, name), 'origin'))
        }
        writes.push({ statements: [`truncate ${table.name} cascade`] })
        for (const partition of partitionsOf(table))
          writes.push({ statements: [`truncate ${partition} cascade`] })
      }
      expect(await holeOf(writes)).toBeNull()
    },
    longestMs,
  )

  test('each function that writes', async () => {
    expect(await holeOf(calls.map((call) => ({ statements: [call] })))).toBeNull()
  })

  test(
    'random transactions over every table',
    async () => {
      const { database, catalog, probesOf, world } = room
      const figures = createFigures()
      const sequence = fc.array(writesOf(world), { minLength: 1, maxLength: 5 })
      const drawn = fc.sample(sequence, { seed, numRuns: runs })
      for (let first = 0; first < runs; first += runsOfOneDraw) {
        const asking = { sql: database.sql, catalog, probes: probesOf(seed + first) }
        const sequences = drawn.slice(first, first + runsOfOneDraw)
        expect(await findHole({ ...asking, sequences, figures })).toBeNull()
      }
      told(figures)
      expect(figures.changed).toBeGreaterThan(figures.writes)
    },
    longestMs,
  )
})
