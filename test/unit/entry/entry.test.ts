import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEntry, encodeEntry } from '../../../worker/entry/entry.ts'
import { entryOf } from '../../support/entries.ts'

const bodies = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(new Uint8Array()))

describe('an entry in its stored form', () => {
  it('comes back identical, whatever its body, tags and times', () => {
    fc.assert(
      fc.property(bodies, fc.string(), fc.boolean(), fc.nat(), (body, etag, found, createdAtMs) => {
        const entry = entryOf({ body, etag, found, createdAtMs, tags: ['workspace', `board:${etag}`] })
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
    ['tags', ['workspace', 1]],
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
