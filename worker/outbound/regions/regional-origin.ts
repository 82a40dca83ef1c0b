import type { Clock } from '../../../shared/clock.ts'
import { withinDeadline } from '../../../shared/clock.ts'
import type { WireError } from '../../../shared/contract/errors.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import { err } from '../../../shared/result.ts'
import type { Config } from '../../config.ts'
import type { Recorder } from '../../events.ts'
import { createOrigin, type Origin } from '../origin-client.ts'

/** The origin of a region; null for a region without one. */
export interface RegionOrigin {
  readonly name: string
  readonly origin: Origin | null
}

interface RegionalOriginOptions {
  /** In the order of the configuration. The first one takes the writes. */
  readonly first: { readonly name: string; readonly origin: Origin }
  readonly others: readonly RegionOrigin[]
  /** The indexes of the regions, the nearest first. */
  readonly order: () => readonly number[]
  readonly clock: Clock
  readonly recorder: Recorder
}

/**
 * The origins of all regions as one. A read that the cache needs goes to the nearest region, and to the next one if that one does not
 * answer or its breaker is open. Every origin reads the primary, so any of them gives the same answer. Everything else goes to the first
 * region: writes, which are sent at most once, and reads of what lives there. Each origin has a breaker of its own. The reads of all tries
 * together settle within `limits.originDeadlineMs`.
 */
function createRegionalOrigin(options: RegionalOriginOptions): Origin {
  const { first, others, order, clock, recorder } = options
  const all: readonly RegionOrigin[] = [first, ...others]

  async function tryInTurn<Value>(
    call: (origin: Origin) => Promise<Result<Value, WireError>>,
  ): Promise<Result<Value, WireError>> {
    let answer: Result<Value, WireError> = err({
      code: 'origin_unavailable',
      retryAfterSeconds: limits.retryAfterSeconds,
    })
    for (const index of order()) {
      const { name: region, origin = null } = all[index] ?? first
      if (origin === null) continue
      answer = await call(origin)
      const isAway = !answer.ok && answer.error.code === 'origin_unavailable'
      recorder.record({ kind: 'region', region, part: 'origin', outcome: isAway ? 'passed-on' : 'used' })
      if (!isAway) return answer
    }
    return answer
  }

  function nearest<Value>(
    call: (origin: Origin) => Promise<Result<Value, WireError>>,
  ): Promise<Result<Value, WireError>> {
    const late: Result<Value, WireError> = err({ code: 'origin_timeout' })
    return withinDeadline(clock, limits.originDeadlineMs, () => tryInTurn(call), late)
  }

  return {
    ...first.origin,
    load: (question, target, caller) => nearest((origin) => origin.load(question, target, caller)),
    membership: (workspaceId, version, caller) =>
      nearest((origin) => origin.membership(workspaceId, version, caller)),
    boards: (workspaceId, caller) => nearest((origin) => origin.boards(workspaceId, caller)),
    needs: (workspaceId, caller) => nearest((origin) => origin.needs(workspaceId, caller)),
    settings: (workspaceId, caller) => nearest((origin) => origin.settings(workspaceId, caller)),
    // The database answers if it does through any of them; the rest is said of the first one.
    async probe() {
      const [own, ...rest] = await Promise.all([
        first.origin.probe(),
        ...others.flatMap(({ origin }) => origin?.probe() ?? []),
      ])
      return { ...own, database: [own, ...rest].some(({ database }) => database) }
    },
  }
}

/** The origins of a deployment: all as one, and each by itself; none by itself where there is one region. */
interface DeploymentOrigins {
  readonly origin: Origin
  readonly regions: readonly RegionOrigin[]
}

/** Creates the clients of the origins. Without an `order` the regions are tried in that of the configuration. */
export function createDeploymentOrigins(
  config: Pick<Config, 'originUrl' | 'internalAuthKey' | 'regions'>,
  {
    clock,
    recorder,
    order,
  }: Pick<RegionalOriginOptions, 'clock' | 'recorder'> & Partial<RegionalOriginOptions>,
): DeploymentOrigins {
  const { internalAuthKey, regions } = config
  if (regions === null) {
    const origin = createOrigin({ url: config.originUrl, internalAuthKey, clock, recorder })
    return { origin, regions: [] }
  }
  // The breaker of the first region is the one by which everybody knows "the origin". Those of others have gauges of their own.
  const quiet: Recorder = {
    record(event) {
      if (event.kind !== 'breaker') recorder.record(event)
    },
  }
  const originOf = (url: string, itsRecorder: Recorder) =>
    createOrigin({ url, internalAuthKey, clock, recorder: itsRecorder, isOneOfSeveral: true })
  const first = { name: regions.first.name, origin: originOf(config.originUrl, recorder) }
  const others = regions.others.map(({ name, originUrl }) => ({
    name,
    origin: originUrl === null ? null : originOf(originUrl, quiet),
  }))
  const declared = [first, ...others].map((_, index) => index)
  const origin = createRegionalOrigin({ first, others, order: order ?? (() => declared), clock, recorder })
  return { origin, regions: [first, ...others] }
}
