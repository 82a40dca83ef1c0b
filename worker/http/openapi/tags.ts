import { resources } from '../../../shared/resources/index.ts'

/** The groups of operations, in the order in which the document names them. */
export const tags = [
  {
    name: 'Reads',
    description:
      'Cached answers, from memory, the edge cache, KV, Redis or the origin. `X-Min-Version` and `Cache-Control` demand how current an answer must be.',
  },
  {
    name: 'Writes',
    description:
      'Writes of contacts by browsers. Each write is sent to the origin once. The answer has the `version` that the ledger gave to the write: a read that sends it as `X-Min-Version` sees the write.',
  },
  {
    name: 'Voice',
    description: 'Webhooks of a voice platform: before a call is picked up, and after it ended.',
  },
  { name: 'Invalidation', description: "Reports of changes, from the CRM's backend or the database." },
  { name: 'Cache management', description: 'Settings, warm-up and metrics of the cache.' },
  { name: 'Monitoring', description: 'Health, metrics and alerts, for the operators of the deployment.' },
  { name: 'Service', description: 'Health, metrics and this document.' },
  {
    name: 'Writes at the origin',
    description:
      "Writes of contacts by the CRM's backend, one by one or as an import. Browsers cannot call the origin.",
  },
] as const

type TagName = (typeof tags)[number]['name']

const byPath: readonly (readonly [RegExp, TagName])[] = [
  [/^\/api\/contacts/, 'Writes'],
  [/^\/api\/voice\//, 'Voice'],
  [/^\/api\/cache\/invalidate$/, 'Invalidation'],
  [/^\/api\/cache-settings\//, 'Cache management'],
  [/^\/api\/monitoring\//, 'Monitoring'],
]

/** The group of a route of the Worker. A declared resource is a read, whatever its path. */
export function tagOf(path: string): TagName {
  if (resources.some(({ route }) => route === path)) return 'Reads'
  return byPath.find(([pattern]) => pattern.test(path))?.[1] ?? 'Service'
}
