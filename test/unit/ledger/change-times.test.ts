import { expect, it } from 'vitest'
import { bucketMove } from '../../../shared/tags/moves.ts'
import { ChangeTimes } from '../../../worker/ledger/change-times.ts'
import { version } from '../../support/entries.ts'

const moves = [bucketMove('contact', 'c1')]
const advanced = (...versions: number[]) => ({
  version: version(Math.max(...versions)),
  outcomes: versions.map((each) => ({ version: version(each) })),
})

it('an event of the outbox is remembered with when it was told, and one of the backend without', () => {
  const times = new ChangeTimes()
  times.note([{ moves, toldAtMs: 90 }, { moves }], advanced(11, 12), 10, 100)
  expect(times.of(11)).toEqual({ version: 11, toldAtMs: 90, writtenAtMs: 100 })
  expect(times.of(12)).toEqual({ version: 12, toldAtMs: null, writtenAtMs: 100 })
  expect(times.after(11).map((time) => time.version)).toEqual([12])
})

it('a repeated event does not change the time of its version', () => {
  const times = new ChangeTimes()
  times.note([{ moves, toldAtMs: 90 }], advanced(11), 10, 100)
  times.note([{ moves, toldAtMs: 500 }], advanced(11), 11, 510)
  expect(times.of(11)?.writtenAtMs).toBe(100)
})

it('only the last changes are remembered, and only the last of them are told at a time', () => {
  const times = new ChangeTimes()
  for (let each = 1; each <= 1_000; each += 1) times.note([{ moves }], advanced(each), each - 1, each)
  expect(times.of(700)).toBeNull()
  expect(times.of(1_000)).not.toBeNull()
  expect(times.after(0)).toHaveLength(32)
})
