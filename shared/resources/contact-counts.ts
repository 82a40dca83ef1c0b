import { z } from 'zod'
import { workspaceIdSchema } from '../ids.ts'
import { countsTag, workspaceTag } from '../tags.ts'
import { explanationSchema } from './explanation.ts'
import { defineResource } from './resource.ts'

const sharedCounts = z.object({
  unassigned: z.int(),
  open: z.int(),
  closed: z.int(),
  total: z.int(),
  highPriority: z.int(),
  mediumPriority: z.int(),
  lowPriority: z.int(),
  needsResponse: z.int(),
  followUp: z.int(),
  favorites: z.int(),
  archived: z.int(),
  unhappyCustomers: z.int(),
  newCustomers: z.int(),
  recentActivity: z.int(),
})

/** The entry all users of a workspace share: its counts, and how many contacts each assignee has. */
const data = z.object({
  counts: sharedCounts,
  assignees: z.record(z.string(), z.int()),
  computedAt: z.iso.datetime({ offset: true }),
})

/** What a caller gets under `data`. */
export const contactCountsAnswerSchema = sharedCounts.extend({
  assignedToMe: z.int(),
  _cached: z.boolean(),
  _source: z.enum(['memory', 'edge_cache', 'cloudflare_kv', 'redis_cache', 'database']),
  _timestamp: z.string(),
  _retrievedAt: z.string().optional(),
  _responseTimeMs: z.number(),
  _cacheEnabled: z.boolean(),
  _explanation: explanationSchema.optional(),
})

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** All but what the passing of time changes. */
function withoutTime(body: Uint8Array): string {
  const { counts, assignees } = data.parse(JSON.parse(decoder.decode(body)))
  return JSON.stringify({ ...counts, newCustomers: 0, recentActivity: 0, assignees })
}

/** The counts of a workspace's contacts (SPEC 3). */
export const contactCounts = defineResource({
  name: 'contact-counts',
  summary: "The counts of a workspace's contacts",
  route: '/api/cache-settings/workspace/{workspaceId}/counts',
  path: z.strictObject({ workspaceId: workspaceIdSchema }),
  query: z.strictObject({ useCache: z.enum(['true', 'false']).default('true') }),
  params: z.strictObject({}),
  data,
  answer: contactCountsAnswerSchema,
  notFound: null,
  question: (_path, { useCache }) => ({
    params: {},
    sharing: 'workspace',
    tags: [workspaceTag, countsTag],
    lifetime: 'contactCounts',
    feature: 'contactCounts',
    keyParts: [],
    bypass: useCache === 'false',
    comparable: withoutTime,
  }),
  present(body, served) {
    const { counts, assignees, computedAt } = data.parse(JSON.parse(decoder.decode(body)))
    const fromCache = served.source !== 'database'
    const answered: z.output<typeof contactCountsAnswerSchema> = {
      ...counts,
      assignedToMe: Object.hasOwn(assignees, served.userId) ? (assignees[served.userId] ?? 0) : 0,
      _cached: fromCache,
      _source: served.source,
      _timestamp: new Date(computedAt).toISOString(),
      ...(fromCache ? { _retrievedAt: new Date(served.retrievedAtMs).toISOString() } : {}),
      _responseTimeMs: served.responseTimeMs,
      _cacheEnabled: served.isCacheEnabled,
      ...(served.explanation === undefined ? {} : { _explanation: served.explanation }),
    }
    return [encoder.encode(JSON.stringify(answered))]
  },
})
