import { expect, it } from 'vitest'
import { sourceNames } from '../../../shared/contract/tier-names.ts'
import { userIdSchema } from '../../../shared/ids.ts'
import { resources } from '../../../shared/resources/index.ts'
import type { Served } from '../../../shared/resources/served.ts'
import { servedAnswerSchema } from '../../../worker/dashboard/src/resources/served-answer.ts'

const explanation = {
  asked: [{ name: 'kv', said: 'fresh', duration_ms: 3 }],
  entry: { stamp: { ledger: 'l', version: 4 }, age_ms: 12_000, load_ms: 30 },
  view: null,
  tags: [],
}

function served(source: Served['source'], changes: Partial<Served> = {}): Served {
  return {
    status: source === 'database' ? 'MISS' : 'HIT',
    source,
    ttlSeconds: 180,
    ageSeconds: 12,
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
