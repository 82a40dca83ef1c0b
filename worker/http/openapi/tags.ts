import { resources } from '../../../shared/resources/index.ts'
import type { Route } from '../route.ts'

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
      'Writes by browsers of contacts, and by the backend and admins of mailboxes, leads and calls. Each write is sent to the origin once. The answer has the `version` that the ledger gave to the write: a read that sends it as `X-Min-Version` sees the write.',
  },
  {
    name: 'Voice',
    description: 'Webhooks of a voice platform: before a call is picked up, and after it ended.',
  },
  {
    name: 'Inbound e-mail',
    description:
      'Mail for the workspaces, taken in once however often it comes, its limits, and its figures. The answers are literal, without `success` and `data`, except for the settings and the messages.',
  },
  {
    name: 'Webhook endpoints',
    description:
      'Where the events of a workspace are sent. A delivery is a POST of `{"type", "timestamp", "data"}`, signed after Standard Webhooks 1.0, and succeeds with 2xx within 10 seconds. It is sent at least once, each time under the same `webhook-id`, and deliveries may arrive in another order than their events happened in.',
  },
  {
    name: 'Live',
    description: 'Changes in what a browser shows, over a WebSocket.',
  },
  {
    name: 'Invalidation',
    description: "Reports of changes, from the CRM's backend or the database, and what they moved.",
  },
  {
    name: 'Work in the background',
    description:
      'Jobs in named queues, at the Worker and at the origin, and the state of the queues; exports and imports of contacts, notifications of users, and the figures of past days, weeks and months.',
  },
  { name: 'Cache management', description: 'Settings, warm-up and metrics of the cache.' },
  { name: 'Monitoring', description: 'Health, metrics and alerts, for the operators of the deployment.' },
  {
    name: 'Redis',
    description:
      'The Redis databases: health, sizes, keys and clearing, for the operators of the deployment.',
  },
  {
    name: 'Rollout',
    description: 'Which workspaces the tiers answer, for the operators of the deployment.',
  },
  { name: 'Service', description: 'Health, metrics and this document.' },
  {
    name: 'Writes at the origin',
    description:
      "Writes of contacts by the CRM's backend, one by one or as an import. Browsers cannot call the origin.",
  },
] as const

type TagName = (typeof tags)[number]['name']

const byPath: readonly (readonly [RegExp, TagName])[] = [
  [/^\/api\/(contacts|mailboxes|leads|calls)(\/|$)/, 'Writes'],
  [/^\/api\/live$/, 'Live'],
  [/^\/api\/voice\//, 'Voice'],
  [/^\/api\/email-webhook(\/|$)/, 'Inbound e-mail'],
  [/^\/api\/v1\/webhook-endpoints(\/|$)/, 'Webhook endpoints'],
  [/^\/api\/v1\/(queues|exports|imports|notifications|analytics)(\/|$)/, 'Work in the background'],
  [/^\/api\/cache\/invalidate$/, 'Invalidation'],
  [/^\/api\/cache-settings\//, 'Cache management'],
  [/^\/api\/activity$/, 'Invalidation'],
  [/^\/api\/monitoring\//, 'Monitoring'],
  [/^\/api\/admin\/redis/, 'Redis'],
  [/^\/api\/rollout(\/|$)/, 'Rollout'],
]

type Placed = Pick<Route, 'method' | 'path'>

/** Whether a route reads a declared resource. Writes may have the same path. */
export function isRead({ method, path }: Placed): boolean {
  return method === 'GET' && resources.some(({ route }) => route === path)
}

/** The group of a route of the Worker. The read of a declared resource is one, whatever its path. */
export function tagOf(route: Placed): TagName {
  if (isRead(route)) return 'Reads'
  return byPath.find(([pattern]) => pattern.test(route.path))?.[1] ?? 'Service'
}
