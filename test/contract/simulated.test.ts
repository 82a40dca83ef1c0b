import { describe, expect, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { CacheKey } from '../../worker/entry/key.ts'
import type { Tier } from '../../worker/tiers/tier.ts'
import { withDeadline } from '../../worker/tiers/with-deadline.ts'
import type { TierFaults } from '../simulation/doors.ts'
import { replicaLagMaxMs } from '../simulation/redis.ts'
import { createSimulatedTiers, kvLagMaxMs, type SimulatedTiers } from '../simulation/tiers.ts'
import { entryOf } from '../support/entries.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { createRandom } from '../support/random.ts'
import { tierSuite } from './tier-suite.ts'

const locations = ['FRA', 'LAX', 'SIN']
const { signal } = new AbortController()
const keyOf = (name: string | number) => `bc1:15213:contact-list:${name}` as CacheKey
const names = Array.from({ length: 200 }, (_, name) => keyOf(name))
const everyPlace = ['edgeCache', 'kv', 'redis'] as const

for (const place of everyPlace) {
  const make = (clock = systemClock) => createSimulatedTiers({ clock, random: createRandom(1), locations })
  /** The suite writes raw bytes before it makes the tier that reads them. */
  const raw = new Map<CacheKey, string>()
  tierSuite(`simulated ${place}`, () => ({
    make(clock) {
      const tiers = make(clock)
      for (const [key, text] of raw) tiers[place].writeRaw(key, new TextEncoder().encode(text))
      return tiers[place].at('FRA')
    },
    writeRaw: async (key, text) => void raw.set(key, text),
    makeAway(clock) {
      const tiers = make(clock)
      tiers[place].inject({ state: 'failing' })
      return tiers[place].at('FRA')
    },
  }))
}

function createWorld(seed = 1, areOwnWritesLate = false) {
  const clock = createFakeClock()
  const tiers = createSimulatedTiers({ clock, random: createRandom(seed), locations, areOwnWritesLate })
  return { clock, tiers }
}

/** How many of the keys a tier finds. */
async function found(tier: Tier): Promise<number> {
  const got = await Promise.all(names.map((key) => tier.get(key, signal)))
  return got.filter((answer) => answer.ok && answer.value !== null).length
}

async function putAll(tier: Tier): Promise<void> {
  for (const key of names) await tier.put(key, entryOf(), signal)
}

describe('simulated KV', () => {
  test('shows a write at its own location at once, and elsewhere within 60 s', async () => {
    const { clock, tiers } = createWorld()
    const [fra, lax] = [tiers.kv.at('FRA'), tiers.kv.at('LAX')]
    await putAll(fra)
    await clock.advance(kvLagMaxMs / 2)
    expect(await found(fra)).toBe(names.length)
    const halfway = await found(lax)
    expect(halfway).toBeGreaterThan(60)
    expect(halfway).toBeLessThan(140)
    // A location that did not find the key continues to miss it for as long again.
    await clock.advance(kvLagMaxMs - 1)
    expect(await found(lax)).toBe(halfway)
    await clock.advance(1)
    expect(await found(lax)).toBe(names.length)
  })

  test('may show a write late even at its own location', async () => {
    const { clock, tiers } = createWorld(1, true)
    await putAll(tiers.kv.at('FRA'))
    await clock.advance(kvLagMaxMs / 2)
    expect(await found(tiers.kv.at('FRA'))).toBeLessThan(140)
  })

  test('never shows an older write after a newer one', async () => {
    const { clock, tiers } = createWorld()
    const [fra, sin] = [tiers.kv.at('FRA'), tiers.kv.at('SIN')]
    let latest = -1
    for (let write = 0; write < 100; write += 1) {
      await fra.put(keyOf('one'), entryOf({ etag: String(write) }), signal)
      await clock.advance(limits.kvWritePauseMs)
      const got = await sin.get(keyOf('one'), signal)
      if (!got.ok || got.value === null) continue
      expect(Number(got.value.etag)).toBeGreaterThanOrEqual(latest)
      latest = Number(got.value.etag)
    }
    expect(latest).toBeGreaterThan(20)
  })

  test('accepts one write of a key a second, from all locations together', async () => {
    const { clock, tiers } = createWorld()
    const put = (location: string) => tiers.kv.at(location).put(keyOf('one'), entryOf(), signal)
    expect(await put('FRA')).toEqual({ ok: true, value: 'stored' })
    expect(await put('LAX')).toEqual({ ok: false, error: { kind: 'rate-limited' } })
    await clock.advance(limits.kvWritePauseMs)
    expect(await put('LAX')).toEqual({ ok: true, value: 'stored' })
  })
})

test('a replica of simulated Redis lags, its primary does not', async () => {
  const { clock, tiers } = createWorld()
  await putAll(tiers.redis.at('LAX'))
  await clock.advance(replicaLagMaxMs / 2)
  expect(await found(tiers.redis.at('FRA'))).toBe(names.length)
  expect(await found(tiers.redis.at('LAX'))).toBeLessThan(140)
  await clock.advance(replicaLagMaxMs / 2)
  expect(await found(tiers.redis.at('LAX'))).toBe(names.length)
})

describe('what simulated Redis holds', () => {
  const put = (tiers: SimulatedTiers) => tiers.redis.at('FRA').put(keyOf('one'), entryOf(), signal)
  const isFound = async (tiers: SimulatedTiers, location = 'FRA') => {
    const got = await tiers.redis.at(location).get(keyOf('one'), signal)
    return got.ok && got.value !== null
  }

  test('is gone when it loses its data, or evicts the generation', async () => {
    for (const happen of ['lose', 'evictGeneration'] as const) {
      const { tiers } = createWorld()
      await put(tiers)
      expect(await isFound(tiers)).toBe(true)
      tiers.redis[happen]()
      expect(await isFound(tiers)).toBe(false)
      await put(tiers)
      expect(await isFound(tiers)).toBe(true)
    }
  })

  test('is what the replica had seen after it fails over to it', async () => {
    const { clock, tiers } = createWorld()
    await put(tiers)
    tiers.redis.failOverTo('LAX')
    expect(await isFound(tiers)).toBe(false)
    await put(tiers)
    await clock.advance(replicaLagMaxMs)
    tiers.redis.failOverTo('LAX')
    expect(await isFound(tiers)).toBe(true)
    expect(await isFound(tiers, 'LAX')).toBe(true)
  })
})

test('a simulated edge cache belongs to its location', async () => {
  const { clock, tiers } = createWorld()
  await putAll(tiers.edgeCache.at('FRA'))
  await clock.advance(3_000_000)
  expect(await found(tiers.edgeCache.at('FRA'))).toBe(names.length)
  expect(await found(tiers.edgeCache.at('LAX'))).toBe(0)
})

describe.each(everyPlace)('faults of the simulated %s', (name) => {
  const put = (tiers: SimulatedTiers, location: string, key = keyOf('one')) =>
    tiers[name].at(location).put(key, entryOf(), signal)
  const get = (tiers: SimulatedTiers, location: string, key = keyOf('one')) =>
    tiers[name].at(location).get(key, signal)
  const hit = { ok: true, value: { etag: 'etag' } }

  test('answers nothing while frozen; once thawed, writes that were given up arrive all the same', async () => {
    const { clock, tiers } = createWorld()
    const tier = tiers[name].at('FRA')
    // A client of Redis that knows the generation writes with one command, as the other places do.
    await tier.put(keyOf('another'), entryOf(), signal)
    tiers[name].inject({ state: 'frozen' })
    const bounded = withDeadline(tier, clock, 1_000)
    const answer = bounded.put(keyOf('one'), entryOf(), signal)
    await clock.advance(1_000)
    expect(await answer).toEqual({ ok: false, error: { kind: 'timeout' } })
    await clock.advance(60_000)
    tiers[name].heal()
    await clock.advance(0)
    expect(await get(tiers, 'FRA')).toMatchObject(hit)
  })

  test.each([
    ['failing', 'unavailable'],
    ['rate-limited', 'rate-limited'],
  ] as const)('while %s, says so at the locations concerned, until it is healed', async (state, kind) => {
    const { tiers } = createWorld()
    tiers[name].inject({ state }, ['LAX'])
    expect(await get(tiers, 'LAX')).toEqual({ ok: false, error: { kind } })
    expect(await put(tiers, 'LAX')).toEqual({ ok: false, error: { kind } })
    expect(await tiers[name].at('LAX').probe(signal)).toEqual({ ok: false, error: { kind } })
    expect(await put(tiers, 'FRA')).toEqual({ ok: true, value: 'stored' })
    tiers[name].heal()
    expect(await get(tiers, 'LAX')).toMatchObject({ ok: true })
  })

  test('gives no entry while it answers garbage, and some writes arrive unconfirmed', async () => {
    const { tiers } = createWorld()
    const tier = tiers[name].at('FRA')
    await tier.put(keyOf('another'), entryOf(), signal)
    tiers[name].inject({ state: 'garbage' })
    const given = new Set<string>()
    for (const key of names) {
      expect(await tier.put(key, entryOf(), signal)).toEqual({ ok: false, error: { kind: 'unavailable' } })
      const got = await tier.get(key, signal)
      given.add(got.ok ? JSON.stringify(got.value) : got.error.kind)
    }
    // Noise in Redis that is too short for a generation is no value.
    expect(given).toEqual(new Set(name === 'redis' ? ['corrupt', 'null'] : ['corrupt']))
    tiers[name].heal()
    const landed = await found(tier)
    expect(landed).toBeGreaterThan(60)
    expect(landed).toBeLessThan(140)
  })

  test('confirms the writes that it loses', async () => {
    const { tiers } = createWorld()
    tiers[name].inject({ lostShare: 1 })
    expect(await put(tiers, 'FRA')).toEqual({ ok: true, value: 'stored' })
    expect(await get(tiers, 'FRA')).toEqual({ ok: true, value: null })
  })

  test('while slow, reads halfway through the call and answers at its end', async () => {
    const { clock, tiers } = createWorld()
    tiers[name].inject({ latencyMs: [1_000, 1_000] }, ['FRA'])
    let answer: unknown = null
    void Promise.resolve(get(tiers, 'FRA')).then((got) => {
      answer = got
    })
    await clock.advance(499)
    tiers[name].writeRaw(keyOf('one'), new TextEncoder().encode('raw'))
    await clock.advance(500)
    expect(answer).toBeNull()
    await clock.advance(1)
    expect(answer).toEqual({ ok: false, error: { kind: 'corrupt' } })
  })
})

test('the same seed gives the same run, and another seed another run', async () => {
  const faults: Partial<TierFaults> = { latencyMs: [1, 50], lostShare: 0.3 }
  const run = async (seed: number) => {
    const { clock, tiers } = createWorld(seed)
    tiers.kv.inject(faults)
    const log: unknown[] = []
    const tier = tiers.kv.at('LAX')
    for (const key of names) void tiers.kv.at('FRA').put(key, entryOf(), signal)
    await clock.advance(20_000)
    for (const key of names)
      void Promise.resolve(tier.get(key, signal)).then((got) =>
        log.push([key, clock.now(), got.ok && got.value?.etag]),
      )
    await clock.advance(1_000)
    return log
  }
  const first = await run(7)
  expect(first).toHaveLength(names.length)
  expect(await run(7)).toEqual(first)
  expect(await run(8)).not.toEqual(first)
})
