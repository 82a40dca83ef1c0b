import { afterEach, describe, expect, it, vi } from 'vitest'
import { resourceVersionHeader } from '../../../shared/contract/origin.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { ok } from '../../../shared/result.ts'
import { createOrigin } from '../../../worker/outbound/origin-client.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createDeployment } from '../../support/read-harness.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Loads a page from an origin whose declaration has this version; null for an origin that does not say it. */
function loadFrom(version: string | null) {
  vi.stubGlobal('fetch', async () =>
    Response.json(
      { contacts: [] },
      { headers: version === null ? {} : { [resourceVersionHeader]: version } },
    ),
  )
  const origin = createOrigin({
    ...{ url: 'http://127.0.0.1:1', internalAuthKey: 'a key of these tests', clock: createFakeClock() },
    recorder: { record: () => undefined },
  })
  const question = { resource: contactList, params: {} }
  const target = { workspaceId: workspaceIdSchema.parse('15213'), userId: null, version: 'l:1' }
  return origin.load(question, target, { kind: 'service', userId: null, requestId: 'request-1' })
}

describe('a body of an origin of another release', () => {
  it.each([
    ['of the same version', String(contactList.version), undefined],
    ['of an earlier version', String(contactList.version - 1), true],
    ['of a later version', String(contactList.version + 1), true],
    ['that names no version', null, undefined],
    ['that names nonsense', 'later', true],
  ])('%s is known', async (_name, version, isOfOtherVersion) => {
    const loaded = await loadFrom(version)
    expect(loaded.ok && loaded.isOfOtherVersion).toBe(isOfOtherVersion)
  })

  it('answers its readers, is stored in no tier, and is loaded again until the origins are replaced', async () => {
    const { kv, redis, clock, createIsolate } = createDeployment()
    const isolate = createIsolate()
    const bytes = new TextEncoder().encode('{"contacts":["of another version"]}')
    const other = async () => ({ ...ok(bytes), isOfOtherVersion: true as const })
    for (let each = 0; each < 3; each += 1) {
      expect(await isolate.read({ fetchBody: other })).toMatchObject({ status: 'MISS', found: true })
      await isolate.rest()
      await clock.advance(10_000)
    }
    expect([kv.stored.size, redis.stored.size]).toEqual([0, 0])
    expect(await isolate.read()).toMatchObject({ status: 'MISS', body: '{"contacts":[]}' })
    await isolate.rest()
    expect(await createIsolate().read()).toMatchObject({ status: 'HIT', body: '{"contacts":[]}' })
  })
})
