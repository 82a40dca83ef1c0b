import { expect, it } from 'vitest'
import { errorBody } from '../../../shared/contract/errors.ts'
import { sourceNames } from '../../../shared/contract/tier-names.ts'
import { userIdSchema } from '../../../shared/ids.ts'
import { thread } from '../../../shared/resources/communications/thread.ts'
import { resources } from '../../../shared/resources/index.ts'
import { cacheMemberOf, type Served } from '../../../shared/resources/served.ts'
import { failureOf } from '../../../worker/dashboard/src/api/failure.ts'
import { readServed, servedAnswerSchema } from '../../../worker/dashboard/src/resources/served-answer.ts'

const explanation = {
  asked: [{ name: 'kv', said: 'fresh', duration_ms: 3 }],
  tiers: [],
  entry: { stamp: { ledger: 'l', version: 4 }, age_ms: 12_000, proved_age_ms: 4_000, load_ms: 30 },
  view: null,
  tags: [],
}

function served(source: Served['source'], changes: Partial<Served> = {}): Served {
  return {
    status: source === 'database' ? 'MISS' : 'HIT',
    source,
    ttlSeconds: 180,
    ageSeconds: 12,
    provedAgeSeconds: 0,
    edgeLocation: 'LAX',
    responseTimeMs: 3,
    retrievedAtMs: 0,
    isCacheEnabled: true,
    userId: userIdSchema.parse('u'),
    ...changes,
  }
}

it.each(resources.map((resource) => ({ name: resource.name, resource })))(
  'how an answer of $name came about is understood, wherever it is from',
  ({ resource }) => {
    const body = new TextEncoder().encode(JSON.stringify(resource.example.data))
    const read = (circumstances: Served) => {
      const parts = resource.present(body, circumstances)
      return servedAnswerSchema.parse(JSON.parse(Buffer.concat(parts).toString()))
    }
    for (const source of sourceNames) {
      const { status } = served(source)
      expect(read(served(source))).toMatchObject({ status, source, explanation: null })
    }
    expect(read(served('database', { status: 'BYPASS', isCacheEnabled: false }))).toMatchObject({
      status: 'BYPASS',
    })
    expect(read(served('cloudflare_kv', { explanation }))).toMatchObject({ explanation })
  },
)

it('an answer that does not say how it came about is not understood', () => {
  expect(servedAnswerSchema.safeParse({ contacts: [] }).success).toBe(false)
  expect(servedAnswerSchema.safeParse(null).success).toBe(false)
})

/** Reads while the API answers 404 with this body. */
function readAbsent(body: object) {
  const response = Response.json(body, { status: 404, headers: { Age: '12' } })
  const fetch = async () => Promise.reject(await failureOf(response))
  return readServed({ fetch }, { path: '/api/threads/thread_none' })
}

it('that something does not exist is an answer, with how that was found', async () => {
  const absence = errorBody(thread.absence, 'r-1')
  const cache = cacheMemberOf(served('cloudflare_kv', { explanation }))
  const { served: told, headers } = await readAbsent({ ...absence, _cache: cache })
  expect(told).toEqual({
    ...{ status: 'HIT', source: 'cloudflare_kv', total: null, explanation },
    absence: 'There is no such thread in this workspace.',
  })
  expect(headers.get('Age')).toBe('12')
})

it('an error that the cache does not answer is a failure', async () => {
  const refusal = errorBody({ code: 'route_not_found' }, 'r-1')
  await expect(readAbsent(refusal)).rejects.toMatchObject({ code: 'route_not_found', absence: null })
})
