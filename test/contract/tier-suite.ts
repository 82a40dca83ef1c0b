import { describe, expect, it } from 'vitest'
import type { Clock } from '../../shared/clock.ts'
import { systemClock } from '../../shared/clock.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Entry } from '../../worker/cache/entry.ts'
import type { CacheKey } from '../../worker/cache/key.ts'
import { cacheKey } from '../../worker/cache/key.ts'
import type { Tier } from '../../worker/tiers/tier.ts'
import { withDeadline } from '../../worker/tiers/with-deadline.ts'
import { entryOf } from '../support/entries.ts'

/** A tier under test: made with a clock, its storage reachable behind its back, and a twin that cannot be reached. */
export interface TierUnderTest {
  make(clock: Clock): Tier
  writeRaw(key: CacheKey, text: string): Promise<void>
  makeAway(clock: Clock): Tier
}

const signal = new AbortController().signal
let keysTaken = 0

function freshKey(): Promise<CacheKey> {
  keysTaken += 1
  return cacheKey('contract', workspaceIdSchema.parse('suite'), null, {
    keyParts: [`${Date.now()}-${keysTaken}`],
  })
}

function living(changes: Partial<Entry> = {}): Entry {
  const createdAtMs = Date.now()
  return entryOf({ createdAtMs, deleteAtMs: createdAtMs + 3_600_000, ...changes })
}

/** The laws of worker/tiers/tier.ts, the same for every tier. */
export function tierSuite(name: string, underTest: () => TierUnderTest): void {
  describe(`the tier ${name}`, () => {
    const bodies: [string, Uint8Array][] = [
      ['a list', new TextEncoder().encode('{"contacts":[{"name":"Łukasz 李 مريم 👩‍👩‍👧"}]}')],
      ['an empty list', new TextEncoder().encode('{"contacts":[]}')],
      ['counts of zero', new TextEncoder().encode('{"counts":{"open":0}}')],
      ['an empty body', new Uint8Array()],
      ['a large body', new TextEncoder().encode(`{"text":"${'ä'.repeat(300_000)}"}`)],
    ]

    it.each(bodies)('gives %s back identical', async (_name, body) => {
      const tier = underTest().make(systemClock)
      const key = await freshKey()
      const entry = living({ body, found: body.length > 0 })
      expect(await tier.put(key, entry, signal)).toEqual({ ok: true, value: undefined })
      expect(await tier.get(key, signal)).toEqual({ ok: true, value: entry })
    })

    it('answers a miss as a value', async () => {
      expect(
        await underTest()
          .make(systemClock)
          .get(await freshKey(), signal),
      ).toEqual({ ok: true, value: null })
    })

    it('keeps the later of two puts', async () => {
      const tier = underTest().make(systemClock)
      const key = await freshKey()
      await tier.put(key, living({ etag: 'first' }), signal)
      await tier.put(key, living({ etag: 'second' }), signal)
      expect(await tier.get(key, signal)).toMatchObject({ ok: true, value: { etag: 'second' } })
    })

    it('forgets what was removed, and only that', async () => {
      const tier = underTest().make(systemClock)
      const [gone, kept] = [await freshKey(), await freshKey()]
      await tier.put(gone, living(), signal)
      await tier.put(kept, living(), signal)
      expect((await tier.remove([gone], signal)).ok).toBe(true)
      expect((await tier.remove([], signal)).ok).toBe(true)
      expect(await tier.get(gone, signal)).toEqual({ ok: true, value: null })
      expect(await tier.get(kept, signal)).toMatchObject({ ok: true, value: { etag: 'etag' } })
    })

    it('never gives an entry back past its last usable instant', async () => {
      const entry = living({ deleteAtMs: Date.now() + 120_000 })
      const later = (byMs: number): Clock => ({ ...systemClock, now: () => entry.deleteAtMs + byMs })
      const key = await freshKey()
      await underTest().make(systemClock).put(key, entry, signal)
      expect(await underTest().make(later(-1)).get(key, signal)).toMatchObject({
        ok: true,
        value: { etag: 'etag' },
      })
      expect(await underTest().make(later(0)).get(key, signal)).toEqual({ ok: true, value: null })
    })

    it.each(['', 'garbage', '{"workspaceId":1}\n', '\n', '{'])('calls the bytes %j corrupt', async (text) => {
      const key = await freshKey()
      await underTest().writeRaw(key, text)
      expect(await underTest().make(systemClock).get(key, signal)).toEqual({
        ok: false,
        error: { kind: 'corrupt' },
      })
    })

    it('refuses an entry over the limit before any I/O', async () => {
      const body = new Uint8Array(limits.entryBytesMax).fill(0x61)
      const put = await underTest()
        .makeAway(systemClock)
        .put(await freshKey(), living({ body }), signal)
      expect(put).toEqual({ ok: false, error: { kind: 'too-large' } })
    })

    it('answers a failure, never rejects, when it cannot be reached', async () => {
      const tier = withDeadline(underTest().makeAway(systemClock), systemClock, 2_000)
      const key = await freshKey()
      const answers = await Promise.all([
        tier.get(key, signal),
        tier.put(key, living(), signal),
        tier.remove([key], signal),
        tier.probe(signal),
      ])
      for (const answer of answers)
        expect(answer).toMatchObject({ ok: false, error: { kind: expect.any(String) } })
    })

    it('answers a probe', async () => {
      expect(await underTest().make(systemClock).probe(signal)).toEqual({ ok: true, value: undefined })
    })
  })
}
