import { z } from 'zod'
import { withinDeadline } from '../../shared/clock.ts'
import { type OriginHealth, originHealthSchema } from '../../shared/contract/origin.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import { respondJson } from '../http/answers.ts'
import { defineRoute } from '../http/route.ts'
import { probeQueues } from '../outbound/queue-probe.ts'
import { probeServers, statesOf } from '../redis/probe.ts'
import type { Services } from '../services.ts'
import type { Tier } from '../tiers/tier.ts'

const partState = z.enum(['healthy', 'unhealthy', 'disabled'])
type PartState = z.output<typeof partState>
/** `degraded`: it answers from the second Redis only, or the queues lack something. */
const databaseState = z.enum(['healthy', 'degraded', 'unhealthy', 'disabled'])

const healthSchema = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  worker: z.literal('boardcache'),
  version: z.string(),
  edge_location: z.string(),
  kv_available: z.boolean(),
  services: z.object({
    kv: partState,
    redis: partState,
    origin: partState,
    database: partState,
    ledger: partState,
  }),
  /** The health of the origin in its own words; null while it does not answer. */
  origin: originHealthSchema.nullable(),
  /** The health of each Redis database: the namespaces of Redis, and the queues, wherever they are. */
  redis_databases: z.object({
    sessions: databaseState,
    cache: databaseState,
    queues: databaseState,
    rateLimit: databaseState,
    emailCache: databaseState,
  }),
  /** Where there are several regions: each, and whether its own parts answer. `disabled`: it has no part of this kind. */
  regions: z.array(z.object({ name: z.string(), origin: partState, redis: partState })).optional(),
  /** The alerts that fire. They do not affect the status, which only says what answers. Null if they could not be read. */
  alerts: z.object({ firing: z.int(), names: z.array(z.string()) }).nullable(),
  timestamp: z.iso.datetime(),
  response_time: z.number(),
})

type RegionParts = NonNullable<z.output<typeof healthSchema>['regions']>

/** No workspace has this id. Its ledger is called only to find out whether ledgers answer. */
const probedWorkspace = workspaceIdSchema.parse('health-probe')

/** `GET /health`, public. It says which parts answer and nothing about their content. 503 if no part can serve reads. */
export const healthRoute = defineRoute({
  method: 'GET',
  path: '/health',
  summary: 'Whether the service can answer reads, and which of its parts answer',
  description: 'The status is 503, with the same body, while no part can serve reads.',
  access: 'public',
  takes: {},
  gives: healthSchema,
  errors: [],
  async handle({ services, edgeLocation, startedAtMs }) {
    const [{ parts, origin }, databases, alerts, regions] = await Promise.all([
      probeAll(services),
      probeDatabases(services),
      services.monitoring.alertSummary(),
      probeRegions(services),
    ])
    const status = overall(parts, databases, regions)
    const nowMs = services.clock.now()
    const health: z.output<typeof healthSchema> = {
      status,
      worker: 'boardcache',
      version: services.config.version,
      edge_location: edgeLocation,
      kv_available: parts.kv === 'healthy',
      services: parts,
      origin,
      redis_databases: databases,
      ...(regions.length === 0 ? {} : { regions }),
      alerts: alerts.ok ? { firing: alerts.value.firing, names: alerts.value.names } : null,
      timestamp: new Date(nowMs).toISOString(),
      response_time: nowMs - startedAtMs,
    }
    return ok(respondJson(health, status === 'unhealthy' ? 503 : 200))
  },
})

type Parts = z.output<typeof healthSchema>['services']

interface Probed {
  readonly parts: Parts
  readonly origin: OriginHealth | null
}

export async function probeAll({ tiers: { kv, redis }, origin, ledger, clock }: Services): Promise<Probed> {
  const probe = async (tier: Tier): Promise<PartState> =>
    stateOf((await tier.probe(AbortSignal.timeout(limits.probeDeadlineMs))).ok)
  const ledgerAnswers = withinDeadline(
    clock,
    limits.probeDeadlineMs,
    async () => (await ledger.since(probedWorkspace, null, 0)).ok,
    false,
  )
  const [kvState, redisState, behind, ledgerOk] = await Promise.all([
    probe(kv),
    redis === null ? ('disabled' as const) : probe(redis),
    origin.probe(),
    ledgerAnswers,
  ])
  const parts = {
    kv: kvState,
    redis: redisState,
    origin: stateOf(behind.origin),
    database: stateOf(behind.database),
    ledger: stateOf(ledgerOk),
  }
  return { parts, origin: behind.health }
}

function stateOf(answers: boolean): PartState {
  return answers ? 'healthy' : 'unhealthy'
}

/** Probes the origin and the Redis of every region; none where there is one region. */
async function probeRegions({ regions, tiers: { redisOfRegions } }: Services): Promise<RegionParts> {
  return Promise.all(
    regions.origins.map(async ({ name, origin }) => {
      const tier = redisOfRegions.find((one) => one.name === name)?.tier ?? null
      const [originAnswers, redisAnswers] = await Promise.all([
        origin === null ? null : origin.probe().then((probed) => probed.origin),
        tier === null
          ? null
          : tier.probe(AbortSignal.timeout(limits.probeDeadlineMs)).then(({ ok: is }) => is),
      ])
      const state = (answers: boolean | null) => (answers === null ? 'disabled' : stateOf(answers))
      return { name, origin: state(originAnswers), redis: state(redisAnswers) }
    }),
  )
}

type Databases = z.output<typeof healthSchema>['redis_databases']

export async function probeDatabases({ redis, config, clock }: Services): Promise<Databases> {
  const [servers, queues] = await Promise.all([probeServers(redis, clock), probeQueues(config, clock)])
  return { ...statesOf(servers), queues: queues.status }
}

/**
 * The service can serve reads while KV, Redis or the database answers. It is healthy if every part that is switched on is; queues that
 * lack something, such as the address of a handler, keep no reader waiting.
 */
export function overall(
  parts: Parts,
  { queues, ...onRedis }: Databases,
  regions: RegionParts = [],
): z.output<typeof healthSchema>['status'] {
  const isImpaired =
    queues === 'unhealthy' ||
    regions.some(({ origin, redis }) => origin === 'unhealthy' || redis === 'unhealthy') ||
    Object.values(onRedis).some((state) => state === 'degraded' || state === 'unhealthy')
  if (!isImpaired && !Object.values(parts).includes('unhealthy')) return 'healthy'
  const canServe = [parts.kv, parts.redis, parts.database].includes('healthy')
  return canServe ? 'degraded' : 'unhealthy'
}
