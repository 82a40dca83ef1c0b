import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { systemClock } from '../../shared/clock.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { type Entry, encodeEntry } from '../../worker/entry/entry.ts'
import { type CacheKey, cacheKey } from '../../worker/entry/key.ts'
import type { Tier } from '../../worker/tiers/tier.ts'
import { withDeadline } from '../../worker/tiers/with-deadline.ts'
import { entryOf } from '../support/entries.ts'

/** A tier under test. */
export interface TierUnderTest {
  make(clock: Clock): Tier
  /** Writes into its storage without the tier's knowledge. Null if it stores no bytes. */
  readonly writeRaw: ((key: CacheKey, text: string) => Promise<void>) | null
  /** A twin that cannot be reached. Null if the tier uses nothing that could be away. */
  readonly makeAway: ((clock: Clock) => Tier) | null
}

const signal = new AbortController().signal
let keysTaken = 0
const suiteParams = z.object({ name: z.string() })

async function freshKey(): Promise<CacheKey> {
  keysTaken += 1
  const resource = {
    ...{ name: 'contract', version: 1, namespace: 'cache' as const, params: suiteParams },
    privateParams: [],
  }
  const question = { resource, params: { name: `${Date.now()}-${keysTaken}` } }
  return cacheKey(question, workspaceIdSchema.parse('suite'), null)
}

/** A time of day that stands where the test puts it. Timers are real. */
function standingClock(): Clock & { nowMs: number } {
  const clock = { ...systemClock, nowMs: Date.now(), now: () => clock.nowMs }
  return clock
}

function livingAt({ nowMs }: { readonly nowMs: number }, changes: Partial<Entry> = {}): Entry {
  return entryOf({ createdAtMs: nowMs, deleteAtMs: nowMs + 3_600_000, ...changes })
}

/** An entry with its body as text, which is compared a thousand times faster. */
function inText({ body, ...rest }: Entry) {
  return { ...rest, body: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body) }
}

const stored = { ok: true, value: 'stored' }
const miss = { ok: true, value: null }

const bodies: [string, Uint8Array][] = [
  ['a list', new TextEncoder().encode('{"contacts":[{"name":"Łukasz 李 مريم 👩‍👩‍👧"}]}')],
  ['an empty list', new TextEncoder().encode('{"contacts":[]}')],
  ['counts of zero', new TextEncoder().encode('{"counts":{"open":0}}')],
  ['an empty body', new Uint8Array()],
  ['a large body', new TextEncoder().encode(`{"text":"${'ä'.repeat(300_000)}"}`)],
]

/** The laws of worker/tiers/tier.ts, the same for every tier. */
export function tierSuite(name: string, underTest: () => TierUnderTest): void {
  describe(`the tier ${name}`, () => {
    keepsWhatWasPut(underTest)
    tellsKeysApart(underTest)
    endsEntriesInTime(underTest)
    survivesCorruption(underTest)
    survivesAbsence(underTest)
  })
}

function keepsWhatWasPut(underTest: () => TierUnderTest): void {
  it.each(bodies)('answers %s unchanged', async (_name, body) => {
    const clock = standingClock()
    const tier = underTest().make(clock)
    const key = await freshKey()
    const entry = livingAt(clock, { body, found: body.length > 0 })
    expect(await tier.put(key, entry, signal)).toEqual(stored)
    const got = await tier.get(key, signal)
    if (!got.ok || got.value === null) throw new Error('the tier answered no entry')
    expect(inText(got.value)).toEqual(inText(entry))
  })

  it('answers a miss as a value', async () => {
    expect(
      await underTest()
        .make(standingClock())
        .get(await freshKey(), signal),
    ).toEqual(miss)
  })

  it('keeps the later of two puts, a second apart', async () => {
    const clock = standingClock()
    const tier = underTest().make(clock)
    const key = await freshKey()
    await tier.put(key, livingAt(clock, { etag: 'first' }), signal)
    clock.nowMs += limits.kvWritePauseMs
    expect(await tier.put(key, livingAt(clock, { etag: 'second' }), signal)).toEqual(stored)
    expect(await tier.get(key, signal)).toMatchObject({ ok: true, value: { etag: 'second' } })
  })

  it('finds an entry after an earlier miss', async () => {
    const clock = standingClock()
    const tier = underTest().make(clock)
    const key = await freshKey()
    expect(await tier.get(key, signal)).toEqual(miss)
    await tier.put(key, livingAt(clock), signal)
    expect(await tier.get(key, signal)).toMatchObject({ ok: true, value: { etag: 'etag' } })
  })

  it('forgets the removed entries and no others', async () => {
    const clock = standingClock()
    const tier = underTest().make(clock)
    const [gone, kept] = [await freshKey(), await freshKey()]
    await tier.put(gone, livingAt(clock), signal)
    await tier.put(kept, livingAt(clock), signal)
    clock.nowMs += limits.kvWritePauseMs
    expect((await tier.remove([gone], signal)).ok).toBe(true)
    expect((await tier.remove([], signal)).ok).toBe(true)
    expect((await tier.remove([await freshKey()], signal)).ok).toBe(true)
    expect(await tier.get(gone, signal)).toEqual(miss)
    expect(await tier.get(kept, signal)).toMatchObject({ ok: true, value: { etag: 'etag' } })
  })

  it('answers a probe', async () => {
    expect(await underTest().make(standingClock()).probe(signal)).toEqual({ ok: true, value: undefined })
  })
}

function tellsKeysApart(underTest: () => TierUnderTest): void {
  it('never confuses two keys', async () => {
    const clock = standingClock()
    const tier = underTest().make(clock)
    const base = await freshKey()
    const keys = [
      'a/b',
      'a%2Fb',
      'a%252Fb',
      'A/B',
      'a/./b',
      'a/../b',
      'a?b',
      'a#b',
      'a b',
      'a+b',
      'a%20b',
    ].map((part) => `${base}:${part}` as CacheKey)
    for (const key of keys)
      expect(await tier.put(key, livingAt(clock, { etag: key }), signal)).toEqual(stored)
    for (const key of keys)
      expect(await tier.get(key, signal)).toMatchObject({ ok: true, value: { etag: key } })
  })

  it('accepts the longest possible key', async () => {
    const clock = standingClock()
    const tier = underTest().make(clock)
    const key = (await freshKey()).padEnd(limits.keyBytesMax, ':') as CacheKey
    expect(await tier.put(key, livingAt(clock), signal)).toEqual(stored)
    expect(await tier.get(key, signal)).toMatchObject({ ok: true, value: { etag: 'etag' } })
  })
}

function endsEntriesInTime(underTest: () => TierUnderTest): void {
  it('never gives an entry back past its last usable instant', async () => {
    const clock = standingClock()
    const tier = underTest().make(clock)
    const entry = livingAt(clock, { deleteAtMs: clock.nowMs + 120_000 })
    const key = await freshKey()
    await tier.put(key, entry, signal)
    clock.nowMs = entry.deleteAtMs - 1
    expect(await tier.get(key, signal)).toMatchObject({ ok: true, value: { etag: 'etag' } })
    clock.nowMs = entry.deleteAtMs
    expect(await tier.get(key, signal)).toEqual(miss)
  })

  it('does not store an entry past its last usable instant', async () => {
    const clock = standingClock()
    const tier = underTest().make(clock)
    const key = await freshKey()
    const over = livingAt(clock, { deleteAtMs: clock.nowMs })
    expect(await tier.put(key, over, signal)).toEqual({ ok: true, value: 'skipped' })
    clock.nowMs -= 1
    expect(await tier.get(key, signal)).toEqual(miss)
  })
}

function survivesCorruption(underTest: () => TierUnderTest): void {
  const { writeRaw } = underTest()
  if (writeRaw === null) return
  const whole = new TextDecoder().decode(encodeEntry(livingAt({ nowMs: Date.now() })))
  const corrupt = ['', 'garbage', '{"workspaceId":1}\n', '\n', '{', whole.slice(0, -1), `${whole} `]

  it.each(corrupt)('recognizes the bytes %j as corrupt', async (text) => {
    const key = await freshKey()
    await writeRaw(key, text)
    expect(await underTest().make(standingClock()).get(key, signal)).toEqual({
      ok: false,
      error: { kind: 'corrupt' },
    })
  })
}

function survivesAbsence(underTest: () => TierUnderTest): void {
  const { make, makeAway } = underTest()

  it('refuses an entry that is too large before any I/O', async () => {
    const clock = standingClock()
    const body = new Uint8Array(limits.entryBytesMax).fill(0x61)
    const put = await (makeAway ?? make)(clock).put(await freshKey(), livingAt(clock, { body }), signal)
    expect(put).toEqual({ ok: false, error: { kind: 'too-large' } })
  })

  if (makeAway === null) return
  it('answers a failure, never rejects, when it cannot be reached', async () => {
    const clock = standingClock()
    const tier = withDeadline(makeAway(clock), clock, 2_000)
    const key = await freshKey()
    const answers = await Promise.all([
      tier.get(key, signal),
      tier.put(key, livingAt(clock), signal),
      tier.remove([key], signal),
      tier.probe(signal),
    ])
    for (const answer of answers)
      expect(answer).toMatchObject({ ok: false, error: { kind: expect.any(String) } })
  })
}
