import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../../shared/limits.ts'
import {
  beginWithin,
  lastDaySinceMs,
  leadMsOf,
  type WorkspaceHours,
} from '../../../../worker/deployment/ahead/working-day.ts'

const minuteMs = 60_000
const leadMs = 20 * minuteMs
const everyDay = (from: string, to: string): WorkspaceHours['hours'] =>
  Object.fromEntries(
    ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, [[from, to]]]),
  ) as WorkspaceHours['hours']
const berlin = (from: string, to: string) => ({ timeZone: 'Europe/Berlin', hours: everyDay(from, to) })
const at = (iso: string) => Date.parse(iso)

/** Every beginning that somebody sees who looks each minute between two instants. */
function seen(from: string, to: string, hours: WorkspaceHours): string[] {
  const begins = new Set<string>()
  for (let nowMs = at(from); nowMs < at(to); nowMs += minuteMs) {
    const beginsAtMs = beginWithin(nowMs, leadMs, hours)
    if (beginsAtMs !== null) begins.add(new Date(beginsAtMs).toISOString())
  }
  return [...begins]
}

describe('the beginning of working hours', () => {
  it('is the same on the clocks of the place on both sides of a change of the clocks', () => {
    const nine = berlin('09:00', '17:00')
    expect(seen('2026-03-28T00:00Z', '2026-03-30T00:00Z', nine)).toEqual([
      '2026-03-28T08:00:00.000Z',
      '2026-03-29T07:00:00.000Z',
    ])
    expect(seen('2026-10-24T00:00Z', '2026-10-26T00:00Z', nine)).toEqual([
      '2026-10-24T07:00:00.000Z',
      '2026-10-25T08:00:00.000Z',
    ])
  })

  it('in the hour that is left out is the first minute after it', () => {
    expect(seen('2026-03-28T12:00Z', '2026-03-29T12:00Z', berlin('02:30', '10:00'))).toEqual([
      '2026-03-29T01:00:00.000Z',
    ])
  })

  it('is found for hours of a few minutes, and for hours that go past midnight', () => {
    expect(seen('2026-06-01T00:00Z', '2026-06-02T00:00Z', berlin('09:00', '09:02'))).toEqual([
      '2026-06-01T07:00:00.000Z',
    ])
    expect(seen('2026-06-01T00:00Z', '2026-06-02T00:00Z', berlin('22:00', '04:00'))).toEqual([
      '2026-06-01T20:00:00.000Z',
    ])
  })

  it('is never found without hours, nor while people work', () => {
    expect(seen('2026-06-01T00:00Z', '2026-06-02T00:00Z', { timeZone: 'UTC', hours: {} })).toEqual([])
    expect(seen('2026-06-01T07:00Z', '2026-06-01T15:00Z', berlin('09:00', '17:00'))).toEqual([])
  })
})

describe('the time before working hours', () => {
  it('is within its window, the same for a workspace each time, and spread over workspaces', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 64 }), (workspaceId) => {
        const lead = leadMsOf(workspaceId)
        expect(lead).toBe(leadMsOf(workspaceId))
        expect(lead).toBeGreaterThanOrEqual(limits.aheadLeadMinMs)
        expect(lead).toBeLessThan(limits.aheadLeadMinMs + limits.aheadLeadSpreadMs)
      }),
    )
    const perMinute = new Map<number, number>()
    for (let workspace = 0; workspace < 500; workspace += 1) {
      const minute = Math.floor(leadMsOf(String(15_000 + workspace)) / minuteMs)
      perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1)
    }
    // 33 of 500 on average.
    expect(Math.max(...perMinute.values())).toBeLessThan(60)
  })
})

describe('the last working day', () => {
  it('reaches over a weekend', () => {
    const hours = { mon: [['09:00', '17:00']], fri: [['09:00', '17:00']] } as WorkspaceHours['hours']
    const friday = at('2026-06-05T17:00Z')
    expect(lastDaySinceMs(at('2026-06-08T08:45Z'), { timeZone: 'UTC', hours })).toBe(friday - 86_400_000)
  })

  it('is the last day if there were no hours lately', () => {
    const nowMs = at('2026-06-08T08:45Z')
    expect(lastDaySinceMs(nowMs, { timeZone: 'UTC', hours: {} })).toBe(nowMs - 86_400_000)
  })
})
