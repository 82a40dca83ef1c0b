import { vi } from 'vitest'
import { errorBody, type WireErrorCode } from '../../../shared/contract/errors.ts'
import { userIdSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import { createDeploymentOrigins } from '../../../worker/outbound/regions/regional-origin.ts'
import type { OtherRegion } from '../../../worker/region-config.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

/** How the origin of a region behaves. `silent`: it takes connections and says nothing. `slow`: its queries last, and its health does not. */
export type Behaviour = 'up' | 'gone' | 'silent' | 'slow' | { readonly refuses: WireErrorCode }

export const workspaceId = workspaceIdSchema.parse('15213')
const caller = {
  ...{ kind: 'member' as const, userId: userIdSchema.parse('alice') },
  ...{ token: 'a.b.c', requestId: 'request-1' },
}

/** The origins of several regions, as the Worker's client of them sees them. Each answers with its own name. */
export function createRegions(count: number) {
  const clock = createFakeClock()
  const names = Array.from({ length: count }, (_, index) => `r${index}`)
  const behaviours = names.map((): Behaviour => 'up')
  const calls: string[] = []
  const events: CacheEvent[] = []
  let order: readonly number[] = [...names.keys()]

  vi.stubGlobal('fetch', async (url: string, { signal, method = 'GET' }: RequestInit = {}) => {
    const { hostname, pathname } = new URL(url)
    const index = names.findIndex((name) => hostname === `${name}.test`)
    calls.push(`${method} ${names[index]} ${pathname}`)
    const behaviour = behaviours[index] ?? 'gone'
    if (behaviour === 'gone') throw new Error('connection refused')
    if (behaviour === 'silent' || (behaviour === 'slow' && pathname !== '/health'))
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
    return typeof behaviour === 'object'
      ? Response.json(errorBody({ code: behaviour.refuses }, 'request-1'), { status: 503 })
      : answerOf(pathname, names[index] ?? '')
  })

  const place = (name: string) => ({ name, latitude: 0, longitude: 0 })
  const others = names
    .slice(1)
    .map((name): OtherRegion => ({ ...place(name), originUrl: `https://${name}.test`, redis: null }))
  const { origin, regions } = createDeploymentOrigins(
    {
      originUrl: 'https://r0.test',
      internalAuthKey: 'a key of these tests',
      regions: { first: place('r0'), others },
    },
    { clock, recorder: { record: (event) => events.push(event) }, order: () => order },
  )
  return {
    ...{ clock, names, behaviours, calls, events, origin, caller },
    setOrder(next: readonly number[]) {
      order = next
    },
    stateOf: (index: number) => regions[index]?.origin?.breaker().state,
    load: () =>
      origin.load(contactCounts.questionOf({}), { workspaceId, userId: null, version: 'l:1' }, caller),
  }
}

const health = {
  ...{ status: 'healthy', uptime: 1, environment: 'test', redis: { connected: true } },
  ...{ queues: { status: 'off' }, database: { available: true, latencyMs: 1 }, outbox: { status: 'off' } },
}

function answerOf(pathname: string, name: string): Response {
  if (pathname === '/health') return Response.json(health)
  return Response.json({ region: name, boards: [], role: 'admin', leads: [], campaigns: [], segments: [] })
}

/** The region that an answer came from; null if there was none. */
export function regionOf(answer: {
  readonly ok: boolean
  readonly value?: Uint8Array | null
}): string | null {
  if (!answer.ok || !answer.value) return null
  return /"region":"(\w+)"/.exec(new TextDecoder().decode(answer.value))?.[1] ?? null
}
