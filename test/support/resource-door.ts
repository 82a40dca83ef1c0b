import type { Clock } from '../../shared/clock.ts'
import { ok } from '../../shared/result.ts'
import type { ReadAnswer } from '../../worker/cache/read.ts'
import { createEntrance } from '../../worker/http/entrance.ts'
import { createInside } from '../../worker/http/mount.ts'
import { createPublicAnswers } from '../../worker/http/public-answers.ts'
import { resourceRoute } from '../../worker/routes/resources.ts'
import type { Services } from '../../worker/services.ts'

/** A Worker with the route of one resource, which lets every member in, and whose read path answers the same to every question. */
export function createResourceDoor(
  resource: Parameters<typeof resourceRoute>[0],
  clock: Clock,
  answered: ReadAnswer,
): (path: string, headers?: Readonly<Record<string, string>>) => Promise<Response> {
  const services = {
    clock,
    config: { allowedOrigins: [], requestLog: { level: 'silent', sampleRate: 0 } },
    metrics: {
      recorder: { record: () => undefined },
      causes: { count: () => undefined },
      flushSoon: () => null,
    },
    bearer: { authenticate: () => ok({ userId: 'user-1', token: 't', workspaces: null, expiresAtMs: 0 }) },
    memberships: { roleOf: () => ok('member') },
    regions: { nearness: null },
    rateLimits: { user: null, workspace: null },
    answer: () => ok(answered),
  } as unknown as Services
  const enter = createEntrance(createInside([resourceRoute(resource)], [], createPublicAnswers(clock)), clock)
  return async (path, more = {}) => {
    const headers = { 'X-Workspace-ID': '15213', ...more }
    const request = new Request(`https://boardcache.test${path}`, { headers })
    return enter(request, () => services, null, { waitUntil: () => undefined })
  }
}
