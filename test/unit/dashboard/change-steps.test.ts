import { describe, expect, it } from 'vitest'
import { delaysOf, stepsOfChange } from '../../../worker/dashboard/src/board/contact-panel/change-steps.ts'

const committedAtMs = Date.parse('2026-11-27T10:02:00.000Z')
const told = {
  path: '/api/contacts/c1',
  version: 5,
  toldAtMs: committedAtMs + 40,
  writtenAtMs: committedAtMs + 46,
  sentAtMs: committedAtMs + 60,
}

describe('the way of a change to the screen', () => {
  it('has all four steps in order, on a device whose clock is two minutes behind', () => {
    const heardAtMs = told.sentAtMs - 120_000
    const steps = stepsOfChange({
      updatedAt: '2026-11-27T10:02:00.000Z',
      told: { ...told, heardAtMs },
      shownAtMs: heardAtMs + 3,
    })
    expect(steps.map(({ name }) => name)).toEqual(['commit', 'outbox', 'version', 'screen'])
    expect(steps.map(({ atMs }) => (atMs ?? 0) - (committedAtMs - 120_000))).toEqual([0, 40, 46, 63])
    expect(delaysOf(steps)).toEqual([null, 40, 6, 17])
  })

  it('leaves out the outbox for a change that was told in another way', () => {
    const steps = stepsOfChange({
      updatedAt: '2026-11-27T10:02:00.000Z',
      told: { ...told, toldAtMs: null, heardAtMs: told.sentAtMs },
      shownAtMs: null,
    })
    expect(delaysOf(steps)).toEqual([null, null, 46, null])
  })

  it('knows the commit alone of a change that was long ago', () => {
    const steps = stepsOfChange({ updatedAt: '2026-11-27T10:02:00.000Z', told: null, shownAtMs: null })
    expect(steps.map(({ atMs }) => atMs)).toEqual([committedAtMs, null, null, null])
  })
})
