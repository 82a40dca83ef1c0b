import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { tagsCount } from '../../../shared/tags/families.ts'
import { readFrame } from '../../../worker/client/live/read-frame.ts'
import { decodeEntry, encodeEntry } from '../../../worker/entry/entry.ts'
import { RolloutCopy } from '../../../worker/ledger/rollout-copy.ts'
import { createBodyStore } from '../../../worker/live/body-store.ts'
import { createSqlStorage } from '../../support/book-storage.ts'
import { entryOf, version } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

/** Members that a later release may add. */
const later = fc.dictionary(
  fc.stringMatching(/^later_[a-z]{1,8}$/),
  fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value))),
  { minKeys: 1, maxKeys: 4 },
)
const encoder = new TextEncoder()

describe('what a later release wrote', () => {
  it('is read as ever if an entry has further members', () => {
    const [header = '', body = ''] = new TextDecoder().decode(encodeEntry(entryOf())).split('\n')
    fc.assert(
      fc.property(later, (members) => {
        const line = JSON.stringify({ ...members, ...JSON.parse(header) })
        const read = decodeEntry(encoder.encode(`${line}\n${body}`))
        expect(read).toMatchObject({ ok: true, value: { etag: 'etag', body: entryOf().body } })
      }),
    )
  })

  it('is no entry if its form or its header is another, and nothing fails', () => {
    fc.assert(
      fc.property(fc.oneof(later, fc.jsonValue()), fc.string(), (header, body) => {
        expect(decodeEntry(encoder.encode(`${JSON.stringify(header)}\n${body}`)).ok).toBe(false)
      }),
    )
  })

  it('is a frame that the browser client reads, or passes over if it does not know its type', () => {
    const moved = { type: 'moved', id: 1, version: 7 }
    fc.assert(
      fc.property(later, (members) => {
        expect(readFrame(JSON.stringify({ ...members, ...moved }))).toMatchObject(moved)
        expect(readFrame(JSON.stringify({ ...members, type: 'later' }))).toBe('later')
      }),
    )
  })

  it('is no body of a hub if it has tags that this release does not know', () => {
    const storage = createSqlStorage()
    const bodies = createBodyStore(storage, limits.liveBodiesBytesMax)
    const held = {
      ...{ etag: 'e', found: true, body: encoder.encode('{}'), ledgerId: 'l' },
      version: version(7),
    }
    bodies.write('key', { ...held, tags: [], loadedAtMs: 0 })
    storage.sql.exec('update bodies set tags = ?', JSON.stringify([tagsCount + 7]))
    expect(bodies.read('key')).toBeNull()
    storage.sql.exec('alter table bodies add column later text')
    bodies.write('key', { ...held, tags: [], loadedAtMs: 0 })
    expect(bodies.read('key')).toMatchObject({ etag: 'e' })
  })

  it('is no state of the rollout that a ledger takes, if it does not know it', async () => {
    const storage = createSqlStorage()
    const parts = { storage, clock: createFakeClock(), keepAlive: () => undefined }
    const told = JSON.parse('{"version":9,"state":"later","leaseMs":1000}')
    const copy = new RolloutCopy({ ...parts, ask: async () => told })
    await copy.wake()
    expect(copy.state).toBe('on')
    storage.sql.exec(`insert or replace into rollout (only, version, state) values (1, 9, 'later')`)
    expect(new RolloutCopy({ ...parts, ask: async () => told }).state).toBe('on')
  })
})

it('statements that write to a Durable Object name their columns, so that a later release may add some', () => {
  const files = readdirSync('worker', { recursive: true, encoding: 'utf8' })
  const sources = files.filter((name) => /^[^.]*\.ts$/.test(name) && !name.includes('node_modules'))
  const unnamed = sources.filter((name) =>
    /insert (or \w+ )?into \w+ values/.test(readFileSync(join('worker', name), 'utf8')),
  )
  expect(sources.length).toBeGreaterThan(100)
  expect(unnamed).toEqual([])
})
