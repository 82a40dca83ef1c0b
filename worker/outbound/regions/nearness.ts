import { limits } from '../../../shared/limits.ts'
import type { RegionPlace } from '../../region-config.ts'

/** The regions in the order of their distance to this isolate, as far as it is known. */
export interface Nearness {
  /** The regions by their index in the configuration, the nearest first. No I/O. */
  order(): readonly number[]
  /** Learns from a request where this isolate is; free once enough callers were seen. */
  note(request: { readonly cf?: unknown }): void
}

/**
 * Judges which region is nearest to this isolate by where its callers are: an isolate never moves, and the platform leads callers to a
 * location near them. The platform names that location (`cf.colo`) without saying where it is, so a list of all locations would have to be
 * kept up to date. Latencies measured by each isolate would make the order depend on chance, and differ between two runs of a test.
 *
 * The nearest region has the least sum of distances to the first callers, so that one whose address seems to be elsewhere (a VPN)
 * decides nothing once there are others. Before the first caller with a place, the order is that of the configuration. Reading `cf` costs
 * the platform time, so it is read of the first callers only.
 */
export function createNearness(regions: readonly RegionPlace[]): Nearness {
  const sums = regions.map(() => 0)
  let order: readonly number[] = regions.map((_, index) => index)
  let asked = 0

  return {
    order: () => order,
    note(request) {
      if (asked >= limits.regionCallersMax) return
      asked += 1
      const caller = placeOf(request.cf)
      if (caller === null) return
      for (const [index, region] of regions.entries())
        sums[index] = (sums[index] ?? 0) + angleBetween(region, caller)
      order = [...regions.keys()].sort((one, other) => (sums[one] ?? 0) - (sums[other] ?? 0) || one - other)
    },
  }
}

type Place = Pick<RegionPlace, 'latitude' | 'longitude'>

/** The caller's place as the platform gives it, in texts of degrees; null if it does not know it (Cloudflare, Request: cf). */
function placeOf(cf: unknown): Place | null {
  if (typeof cf !== 'object' || cf === null) return null
  const [latitude, longitude] = [degreesIn(cf, 'latitude'), degreesIn(cf, 'longitude')]
  if (latitude === null || longitude === null) return null
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null
}

function degreesIn(cf: object, name: string): number | null {
  const text: unknown = Reflect.get(cf, name)
  if (typeof text !== 'string' || text.trim() === '') return null
  const degrees = Number(text)
  return Number.isFinite(degrees) ? degrees : null
}

/** The angle between two places as seen from the middle of the earth, in radians (haversine formula). */
export function angleBetween(one: Place, other: Place): number {
  const [latitude, otherLatitude] = [radians(one.latitude), radians(other.latitude)]
  const north = Math.sin((otherLatitude - latitude) / 2)
  const east = Math.sin(radians(other.longitude - one.longitude) / 2)
  const chord = north * north + Math.cos(latitude) * Math.cos(otherLatitude) * east * east
  return 2 * Math.asin(Math.min(1, Math.sqrt(chord)))
}

const radians = (degrees: number) => (degrees * Math.PI) / 180
