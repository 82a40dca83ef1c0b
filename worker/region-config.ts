import { z } from 'zod'
import { serviceUrl } from '../shared/contract/service-url.ts'
import { limits } from '../shared/limits.ts'
import type { EntryNamespaceName } from '../shared/redis/names.ts'
import type { RedisServerConfig } from './redis-config.ts'

/** A region of the deployment, by the name that figures show, and where it is on the globe. */
export interface RegionPlace {
  readonly name: string
  readonly latitude: number
  readonly longitude: number
}

/** A region besides the first one. It has an origin, a Redis for cached answers, or both. */
export interface OtherRegion extends RegionPlace {
  readonly originUrl: string | null
  readonly redis: RedisServerConfig | null
}

/**
 * The regions of a deployment that has more than one. The first one has the origin of `ORIGIN_URL` and the Redis of the other variables:
 * it takes all writes and keeps everything that there must be one of.
 */
export interface RegionsConfig {
  readonly first: RegionPlace
  readonly others: readonly OtherRegion[]
}

const place = {
  name: z
    .string()
    .max(limits.regionNameCharactersMax)
    .regex(/^[a-z][a-z0-9-]*$/, 'must begin with a lower-case letter and have only those, digits and "-"'),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
}
const otherSchema = z.strictObject({
  ...place,
  originUrl: serviceUrl('the origin of the region').optional(),
  redisUrl: serviceUrl("the region's Upstash").optional(),
})
const regionsSchema = z
  .tuple([z.strictObject(place)], otherSchema)
  .refine(
    ({ length }) => length >= 2 && length <= limits.regionsMax,
    `must name 2 to ${limits.regionsMax} regions, or be empty`,
  )

/** A variable that is empty, or JSON of the given form. */
function json<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string()
    .max(limits.regionsCharactersMax)
    .default('')
    .transform((text, context): unknown => {
      if (text.trim() === '') return null
      try {
        return JSON.parse(text)
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON, or empty' })
        return z.NEVER
      }
    })
    .pipe(schema.nullable())
}

/** The variables about regions, both optional here; `faultsOfRegions` says what belongs together. */
export const regionVariables = {
  REGIONS: json(regionsSchema),
  REGIONS_REDIS_TOKENS: json(z.record(z.string(), z.string().min(1))),
} as const

type RegionVariables = z.output<z.ZodObject<typeof regionVariables>> & { readonly REDIS_ENABLED: boolean }

interface RegionFault {
  readonly name: keyof typeof regionVariables
  readonly message: string
}

export function faultsOfRegions({
  REGIONS,
  REGIONS_REDIS_TOKENS,
  REDIS_ENABLED,
}: RegionVariables): RegionFault[] {
  const [, ...others] = REGIONS ?? []
  const names = (REGIONS ?? []).map(({ name }) => name)
  const tokens = Object.keys(REGIONS_REDIS_TOKENS ?? {})
  const withRedis = others.filter(({ redisUrl }) => redisUrl !== undefined).map(({ name }) => name)
  const faults: RegionFault[] = []
  if (new Set(names).size < names.length)
    faults.push({ name: 'REGIONS', message: 'must give each region a name of its own' })
  if (others.some(({ originUrl, redisUrl }) => originUrl === undefined && redisUrl === undefined))
    faults.push({
      name: 'REGIONS',
      message: 'must give each region but the first an originUrl or a redisUrl',
    })
  if (REDIS_ENABLED && withRedis.some((name) => !tokens.includes(name)))
    faults.push({
      name: 'REGIONS_REDIS_TOKENS',
      message: 'must have a token for each region with a redisUrl',
    })
  if (tokens.some((name) => !withRedis.includes(name)))
    faults.push({ name: 'REGIONS_REDIS_TOKENS', message: 'must name only regions with a redisUrl' })
  return faults
}

const entryNamespaces: readonly EntryNamespaceName[] = ['cache', 'emailCache']

/** The regions, or null if there is one. A region's Redis has the namespaces of cached answers that are switched on. */
export function regionsOf(
  { REGIONS, REGIONS_REDIS_TOKENS, REDIS_ENABLED }: RegionVariables,
  namespacesOff: readonly string[],
): RegionsConfig | null {
  if (REGIONS === null) return null
  const [first, ...others] = REGIONS
  const namespaces = entryNamespaces.filter((name) => !namespacesOff.includes(name))
  return {
    first,
    others: others.map(({ originUrl, redisUrl, ...region }): OtherRegion => {
      const token = REGIONS_REDIS_TOKENS?.[region.name]
      const hasRedis = REDIS_ENABLED && namespaces.length > 0 && redisUrl !== undefined && token !== undefined
      return {
        ...region,
        originUrl: originUrl ?? null,
        redis: hasRedis
          ? {
              ...{ name: `region:${region.name}`, first: { url: redisUrl, token }, second: null },
              ...{ memoryMaxBytes: null, namespaces },
            }
          : null,
      }
    }),
  }
}
