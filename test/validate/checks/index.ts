import type { Check } from '../run.ts'
import { changes } from './changes.ts'
import { cors } from './cors.ts'
import { headers } from './headers.ts'
import { health } from './health.ts'
import { invalidation } from './invalidation.ts'
import { killSwitch } from './kill-switch.ts'
import { limits } from './limits.ts'
import { live } from './live.ts'
import { ownWrites } from './own-writes.ts'
import { rateLimits } from './rate-limits.ts'
import { redisOff } from './redis-off.ts'
import { refusals } from './refusals.ts'
import { resourcesAgree } from './resources.ts'
import { responseTimes } from './response-times.ts'
import { rows } from './rows.ts'
import { spentLimit } from './spent-limit.ts'

/** Every check, in the order in which they run: what costs nothing first, and what refuses a user last. */
export const checks: readonly Check[] = [
  ...[health, refusals, headers, cors, limits, rateLimits],
  ...[resourcesAgree, redisOff, changes],
  ...[invalidation, rows, ownWrites, live, responseTimes],
  ...[killSwitch, spentLimit],
]

export const checkNames: readonly string[] = checks.map(({ name }) => name)
