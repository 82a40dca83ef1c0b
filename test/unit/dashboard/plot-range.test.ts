import { describe, expect, it } from 'vitest'
import {
  parametersOfRange,
  rangeIn,
  spanSecondsOf,
  windowOf,
} from '../../../worker/dashboard/src/live/plot-range.ts'
import { sampleAt } from './samples.ts'

const parameters = (text: string) => new URLSearchParams(text)
const hourMs = 3_600_000
const history = (seconds: number) =>
  Array.from({ length: seconds }, (_, second) => sampleAt(hourMs + (second + 1) * 1_000))

describe('the range of the plots', () => {
  it.each([
    ['range=15min', '5min', { kind: 'preset', preset: '15min' }],
    ['', '5min', { kind: 'preset', preset: '5min' }],
    ['', null, { kind: 'preset', preset: '1h' }],
    ['range=forever', 'forever', { kind: 'preset', preset: '1h' }],
    ['from=1000&to=61000', '5min', { kind: 'fixed', fromMs: 1_000, toMs: 61_000 }],
    ['from=61000&to=1000', null, { kind: 'preset', preset: '1h' }],
    ['from=x&to=61000', null, { kind: 'preset', preset: '1h' }],
  ] as const)('is the one in the address, or the remembered one: %j, %j', (text, remembered, range) => {
    expect(rangeIn(parameters(text), remembered)).toEqual(range)
  })

  it('survives being written into an address', () => {
    for (const text of ['range=15min', 'from=1000&to=61000']) {
      const range = rangeIn(parameters(text), null)
      const written = new URLSearchParams()
      for (const [name, value] of Object.entries(parametersOfRange(range)))
        if (value !== null) written.set(name, value)
      expect(rangeIn(written, null)).toEqual(range)
    }
  })

  it('does not begin before the figures, and shows no less than half a minute', () => {
    const preset = { kind: 'preset', preset: '1h' } as const
    expect(windowOf(preset, history(120))).toEqual({ fromMs: hourMs, toMs: hourMs + 120_000 })
    expect(windowOf(preset, history(2))).toEqual({ fromMs: hourMs - 28_000, toMs: hourMs + 2_000 })
    const fixed = { kind: 'fixed', fromMs: 1_000, toMs: 61_000 } as const
    expect(windowOf(fixed, history(120))).toMatchObject({ fromMs: 1_000, toMs: 61_000 })
  })

  it('has one span for the whole window, and a short one only where every second is there', () => {
    const samples = history(1_200)
    expect(spanSecondsOf(windowOf({ kind: 'preset', preset: '5min' }, samples), samples)).toBe(2)
    expect(spanSecondsOf(windowOf({ kind: 'preset', preset: '15min' }, samples), samples)).toBe(10)
  })
})
