import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { angleBetween, createNearness } from '../../../worker/outbound/regions/nearness.ts'

const regions = [
  { name: 'fra', latitude: 50.1, longitude: 8.7 },
  { name: 'iad', latitude: 39, longitude: -77.5 },
  { name: 'nrt', latitude: 35.8, longitude: 140.4 },
]
const place = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
})
type Place = { readonly latitude: number; readonly longitude: number }
const requestFrom = ({ latitude, longitude }: Place) => ({
  cf: { latitude: String(latitude), longitude: String(longitude) },
})
const madrid = requestFrom({ latitude: 40.4, longitude: -3.7 })
const boston = requestFrom({ latitude: 42.4, longitude: -71.1 })
const osaka = requestFrom({ latitude: 34.7, longitude: 135.5 })

function namesAfter(...requests: readonly { readonly cf?: unknown }[]): string[] {
  const nearness = createNearness(regions)
  for (const request of requests) nearness.note(request)
  return nearness.order().flatMap((index) => regions[index]?.name ?? [])
}

describe('the order of regions', () => {
  it('begins with the one that is nearest to the callers', () => {
    expect(namesAfter(madrid)).toEqual(['fra', 'iad', 'nrt'])
    expect(namesAfter(boston)).toEqual(['iad', 'fra', 'nrt'])
    expect(namesAfter(osaka)).toEqual(['nrt', 'fra', 'iad'])
  })

  it('is that of the configuration while no caller has a place', () => {
    const odd = [
      null,
      'FRA',
      { latitude: '', longitude: '8' },
      { latitude: '91', longitude: '0' },
      { colo: 'IAD' },
    ]
    expect(namesAfter(...odd.map((cf) => ({ cf })), {})).toEqual(['fra', 'iad', 'nrt'])
  })

  it('is not decided by a caller whose address seems to be elsewhere, nor by any after the first ones', () => {
    expect(namesAfter(osaka, boston, boston)).toEqual(['iad', 'fra', 'nrt'])
    const first = Array.from({ length: limits.regionCallersMax }, () => boston)
    expect(namesAfter(...first, ...first.map(() => osaka), osaka)).toEqual(['iad', 'fra', 'nrt'])
  })

  it('reads the place of the first callers only, since that costs the platform time', () => {
    const nearness = createNearness(regions)
    let reads = 0
    const request = {
      get cf() {
        reads += 1
        return boston.cf
      },
    }
    for (let each = 0; each < 100; each += 1) nearness.note(request)
    expect(reads).toBe(limits.regionCallersMax)
  })

  it('has every region once, whatever the callers, and for one caller goes by distance', () => {
    fc.assert(
      fc.property(
        fc.array(place, { minLength: 2, maxLength: 8 }),
        fc.array(place, { maxLength: 20 }),
        (at, callers) => {
          const its = at.map((one, index) => ({ name: `r${index}`, ...one }))
          const nearness = createNearness(its)
          for (const caller of callers) nearness.note(requestFrom(caller))
          expect([...nearness.order()].sort((one, other) => one - other)).toEqual([...its.keys()])
          const [caller] = callers
          if (caller === undefined || callers.length > 1) return
          const angles = nearness.order().map((index) => angleBetween(its[index] ?? caller, caller))
          expect(angles).toEqual([...angles].sort((one, other) => one - other))
        },
      ),
    )
  })

  it('measures the shortest way over the globe, across the date line too', () => {
    fc.assert(
      fc.property(place, place, (one, other) => {
        const angle = angleBetween(one, other)
        expect(angle).toBeCloseTo(angleBetween(other, one), 9)
        expect(angle).toBeGreaterThanOrEqual(0)
        expect(angle).toBeLessThanOrEqual(Math.PI)
      }),
    )
    const fiji = { latitude: -18, longitude: 178 }
    expect(angleBetween(fiji, { latitude: -18, longitude: -178 })).toBeLessThan(0.07)
  })
})
