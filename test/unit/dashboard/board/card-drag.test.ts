import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  afterDragEvent,
  type Drag,
  type DragEvent,
  idle,
  type Move,
} from '../../../../worker/dashboard/src/board/columns/card-drag.ts'
import { dragWords } from '../../../../worker/dashboard/src/board/columns/drag-words.ts'

const card = { id: 'contact_1', name: 'Ada' }
const columns = 3
const names = ['New', 'Talking', 'Won']

function play(events: readonly DragEvent[], from: Drag = idle) {
  let drag = from
  const moves: Move[] = []
  const said: string[] = []
  for (const event of events) {
    const next = afterDragEvent(drag, event, columns)
    const words = dragWords(drag, next.drag, next.move, names)
    if (words !== null) said.push(words)
    if (next.move !== null) moves.push(next.move)
    drag = next.drag
  }
  return { drag, moves, said }
}

const press: DragEvent = { type: 'press', card, from: 0, xPx: 100, yPx: 100 }
const point = (xPx: number, over: number | null): DragEvent => ({ type: 'point', xPx, yPx: 100, over })
const lift: DragEvent = { type: 'lift', card, from: 1 }

describe('a card that is dragged', () => {
  it('by a pointer moves to the column where it is released', () => {
    const { moves, drag, said } = play([press, point(110, 0), point(300, 1), { type: 'release' }])
    expect(moves).toEqual([{ card, from: 0, to: 1 }])
    expect(drag).toEqual(idle)
    expect(said).toEqual([
      'Lifted Ada from New, column 1 of 3.',
      'Over Talking, column 2 of 3.',
      'Moving Ada to Talking.',
    ])
  })

  it('is only pressed until the pointer has gone some way, and a press alone moves and says nothing', () => {
    expect(play([press, point(103, 0)]).drag.phase).toBe('pressed')
    expect(play([press, point(103, 0), { type: 'release' }])).toEqual({ drag: idle, moves: [], said: [] })
  })

  it('stays where it was if it is put there again, outside of all columns, or cancelled', () => {
    for (const end of [
      [point(300, 1), point(120, 0), { type: 'release' }],
      [point(300, 1), point(2_000, null), { type: 'release' }],
      [point(300, 1), { type: 'cancel' }],
    ] as const) {
      const { moves, said, drag } = play([press, ...end])
      expect(moves).toEqual([])
      expect(drag).toEqual(idle)
      expect(said.at(-1)).toBe('Ada stays in New. Nothing was moved.')
    }
  })

  it('by keys goes from column to column, not past the last, and is put down where it is', () => {
    const step = (by: -1 | 1): DragEvent => ({ type: 'step', by })
    const { moves, said } = play([lift, step(1), step(1), step(-1), step(-1), { type: 'drop' }])
    expect(moves).toEqual([{ card, from: 1, to: 0 }])
    expect(said).toEqual([
      'Lifted Ada from Talking, column 2 of 3. The arrow keys left and right choose a column, the space bar moves, Escape leaves it here.',
      'Over Won, column 3 of 3.',
      'Over Talking, column 2 of 3.',
      'Over New, column 1 of 3.',
      'Moving Ada to New.',
    ])
  })

  it('by keys is not put down by a pointer that is released, and one by a pointer does not follow keys', () => {
    expect(play([lift, { type: 'step', by: 1 }, { type: 'release' }]).drag.phase).toBe('carried')
    expect(play([lift, press, point(400, 2)]).drag).toMatchObject({ by: 'keys', over: 1 })
    expect(play([press, point(300, 1), { type: 'step', by: 1 }]).drag).toMatchObject({ over: 1 })
  })

  it('is moved once at most, and to a column that exists, whatever happens meanwhile', () => {
    const event: fc.Arbitrary<DragEvent> = fc.oneof(
      fc.constantFrom<DragEvent>(press, lift, { type: 'release' }, { type: 'drop' }, { type: 'cancel' }),
      fc.constantFrom<DragEvent>({ type: 'step', by: 1 }, { type: 'step', by: -1 }),
      fc.record({
        type: fc.constant('point' as const),
        xPx: fc.integer({ min: 0, max: 1_000 }),
        yPx: fc.integer({ min: 0, max: 1_000 }),
        over: fc.option(fc.nat(columns - 1)),
      }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const { moves } = play(events)
        const begun = events.filter(({ type }) => type === 'press' || type === 'lift').length
        expect(moves.length).toBeLessThanOrEqual(begun)
        for (const { from, to } of moves) {
          expect(to).not.toBe(from)
          expect(names[to]).toBeDefined()
        }
      }),
    )
  })
})
