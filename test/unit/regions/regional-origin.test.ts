import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { contactIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { err } from '../../../shared/result.ts'
import { createRegions, regionOf, workspaceId } from './world.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

const contactId = contactIdSchema.parse('contact-1')

/** The longest pause of an origin's breaker. */
const breakerPauseMaxMs = 5_000

describe('a read', () => {
  it('goes to the nearest region, and to no other', async () => {
    const { load, calls, setOrder } = createRegions(3)
    setOrder([2, 0, 1])
    expect(regionOf(await load())).toBe('r2')
    expect(calls).toEqual(['POST r2 /load/contact-counts'])
  })

  it('goes to the next region when the nearest does not answer, without a failure', async () => {
    const { load, behaviours, origin, caller, setOrder, stateOf, calls } = createRegions(3)
    setOrder([1, 2, 0])
    behaviours[1] = 'gone'
    for (let read = 0; read < 5; read += 1) expect(regionOf(await load())).toBe('r2')
    expect(stateOf(1)).toBe('open')
    calls.length = 0
    expect(await origin.membership(workspaceId, null, caller)).toEqual({ ok: true, value: 'admin' })
    expect((await origin.boards(workspaceId, caller)).ok).toBe(true)
    expect((await origin.needs(workspaceId, caller)).ok).toBe(true)
    expect((await origin.settings(workspaceId, caller)).ok).toBe(true)
    expect(new Set(calls.map((call) => call.split(' ')[1]))).toEqual(new Set(['r2']))
  })

  it('gives up a region that neither answers nor is alive, long before the deadline', async () => {
    const { load, behaviours, clock } = createRegions(2)
    behaviours[0] = 'silent'
    const startedAtMs = clock.now()
    const loading = load()
    await clock.advance(limits.regionPatienceMs + limits.probeDeadlineMs)
    expect(regionOf(await loading)).toBe('r1')
    expect(clock.now() - startedAtMs).toBeLessThan(limits.originDeadlineMs / 2)
  })

  it('is not sent twice because a query is slow', async () => {
    const { load, behaviours, clock, calls } = createRegions(2)
    behaviours[0] = 'slow'
    const loading = load()
    await clock.advance(limits.originDeadlineMs)
    expect(await loading).toEqual(err({ code: 'origin_timeout' }))
    expect(calls).toEqual(['POST r0 /load/contact-counts', 'GET r0 /health'])
  })

  it.each(['overloaded', 'internal', 'origin_timeout'] as const)(
    'that the nearest region answers with %s is not sent to another one, which has the same database behind it',
    async (code) => {
      const { load, behaviours, calls } = createRegions(2)
      behaviours[0] = { refuses: code }
      expect(await load()).toMatchObject({ ok: false, error: { code } })
      expect(calls).toHaveLength(1)
    },
  )

  it('settles within the deadline of one call, however many regions are silent', async () => {
    const { load, behaviours, clock } = createRegions(8)
    behaviours.fill('silent')
    const loading = load()
    await clock.advance(limits.originDeadlineMs)
    expect(await loading).toEqual(err({ code: 'origin_timeout' }))
  })

  it('is counted by region, with what became of it', async () => {
    const { load, behaviours, events } = createRegions(2)
    behaviours[0] = 'gone'
    await load()
    expect(events.filter(({ kind }) => kind === 'region')).toEqual([
      { kind: 'region', region: 'r0', part: 'origin', outcome: 'passed-on' },
      { kind: 'region', region: 'r1', part: 'origin', outcome: 'used' },
    ])
  })
})

describe('everything else', () => {
  it('goes to the first region alone, also while that one is away', async () => {
    const { origin, caller, calls, behaviours, setOrder } = createRegions(3)
    setOrder([2, 1, 0])
    behaviours[0] = 'gone'
    await origin.contacts.remove(workspaceId, contactId, caller)
    await origin.write(z.unknown(), { method: 'POST', path: '/anything', body: {} }, caller)
    await origin.read(z.unknown(), { path: '/api/v1/queues/health' }, caller)
    await origin.saveSettings(workspaceId, {}, caller)
    expect(calls.map((call) => call.split(' ')[1])).toEqual(['r0', 'r0', 'r0', 'r0'])
  })

  it('reports a database that answers through any region, and the first origin as it is', async () => {
    const { origin, behaviours } = createRegions(2)
    behaviours[0] = 'gone'
    expect(await origin.probe()).toEqual({ origin: false, database: true, health: null })
  })
})

const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), region: fc.nat(3), isUp: fc.boolean() }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 12_000 }) }),
  fc.record({ kind: fc.constant('read' as const) }),
)

it('whatever fails, a read is answered by the nearest region that answers and whose breaker lets a call through', async () => {
  const orders = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(orders, fc.array(step, { maxLength: 60 }), async (order, steps) => {
      const world = createRegions(4)
      const { behaviours, clock, load, stateOf, names } = world
      world.setOrder(order)
      for (const each of steps) {
        if (each.kind === 'set') behaviours[each.region] = each.isUp ? 'up' : 'gone'
        if (each.kind === 'pass') await clock.advance(each.ms)
        if (each.kind !== 'read') continue
        const used = order.find((index) => behaviours[index] === 'up' && stateOf(index) !== 'open')
        expect(regionOf(await load())).toBe(used === undefined ? null : names[used])
      }
      // Every region is back, and after the longest pause of a breaker the next read is the nearest one's again.
      behaviours.fill('up')
      await clock.advance(breakerPauseMaxMs)
      expect(regionOf(await load())).toBe(names[order[0] ?? 0])
    }),
    { numRuns: 60 },
  )
})
