import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { tagsCount } from '../../../shared/tags/families.ts'
import { tagAt } from '../../../shared/tags/tags.ts'
import { decodeEntry, encodeEntry } from '../../../worker/entry/entry.ts'
import { entryOf } from '../../support/entries.ts'

const anyTags = fc.array(fc.nat(tagsCount - 1).map(tagAt), { maxLength: limits.entryTagsMax })
const bodies = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(new Uint8Array()))

describe('an entry in its stored form', () => {
  it('comes back identical, whatever its body, tags and times', () => {
    fc.assert(
      fc.property(bodies, fc.string(), fc.boolean(), anyTags, (body, etag, found, tags) => {
        const entry = entryOf({ body, etag, found, tags, createdAtMs: 1_000 * body.length })
        expect(decodeEntry(encodeEntry(entry))).toEqual({ ok: true, value: entry })
      }),
    )
  })

  it('is corrupt when any part of its end is missing', () => {
    const bytes = encodeEntry(entryOf())
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeEntry(bytes.subarray(0, length)), `${length} bytes`).toEqual({
        ok: false,
        error: 'corrupt',
      })
    }
  })

  it.each([
    ['workspaceId', 15213],
    ['found', 'yes'],
    ['stamp', null],
    ['stamp', { ledgerId: 'ledger', version: -1 }],
    ['tags', ['workspace']],
    ['tags', [0, tagsCount]],
    ['tags', [0.5]],
    ['tags', [-1]],
    ['tags', Array(limits.entryTagsMax + 1).fill(0)],
    ['createdAtMs', null],
    ['loadMs', 'long'],
    ['deleteAtMs', null],
    ['etag', null],
    ['bodyBytes', 1.5],
  ])('is corrupt when its header says something strange of %s', (member, value) => {
    const [header = '', body = ''] = new TextDecoder().decode(encodeEntry(entryOf())).split('\n')
    const strange = JSON.stringify({ ...JSON.parse(header), [member]: value })
    expect(decodeEntry(new TextEncoder().encode(`${strange}\n${body}`))).toEqual({
      ok: false,
      error: 'corrupt',
    })
  })

  it('never crashes the reader, whatever bytes stand in its place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat({ max: 200 }), (noise, at) => {
        const bytes = encodeEntry(entryOf())
        bytes.set(
          noise.subarray(0, bytes.length - at > 0 ? bytes.length - at : 0),
          Math.min(at, bytes.length),
        )
        expect(decodeEntry(noise).ok).toBe(false)
        decodeEntry(bytes)
      }),
    )
  })
})
