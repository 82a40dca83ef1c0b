import { resources } from '../../../shared/resources/index.ts'

/** The groups of operations, in the order in which the document names them. */
export const tags = [
  {
    name: 'Reads',
    description:
      'Cached answers, from memory, the edge cache, KV, Redis or the origin. `X-Min-Version` and `Cache-Control` say how current an answer must be.',
  },
  {
    name: 'Writes',
    description:
      'Contacts written by browsers. Each is passed on to the origin once. The `version` in the answer is that of the ledger: a read that sends it as `X-Min-Version` sees the write.',
  },
  { name: 'Invalidation', description: "What changed, as the CRM's backend or the database says it." },
  { name: 'Cache management', description: 'Settings, warm-up and figures of the cache.' },
  { name: 'Monitoring', description: 'For those who operate the deployment: health, figures, alerts.' },
  { name: 'Service', description: 'Health, figures and this document.' },
  {
    name: 'Writes at the origin',
    description:
      "Contacts written by the CRM's backend, one by one or by import. A browser cannot reach these.",
  },
] as const

export type TagName = (typeof tags)[number]['name']

const byPath: readonly (readonly [RegExp, TagName])[] = [
  [/^\/api\/contacts/, 'Writes'],
  [/^\/api\/cache\/invalidate$/, 'Invalidation'],
  [/^\/api\/cache-settings\//, 'Cache management'],
  [/^\/api\/monitoring\//, 'Monitoring'],
]

/** Of a route of the Worker. A declared resource is a read, whatever its path. */
export function tagOf(path: string): TagName {
  if (resources.some(({ route }) => route === path)) return 'Reads'
  return byPath.find(([pattern]) => pattern.test(path))?.[1] ?? 'Service'
}
