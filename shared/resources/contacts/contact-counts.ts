import { z } from 'zod'
import type { UserId } from '../../ids.ts'
import { workspaceIdSchema } from '../../ids.ts'
import { countsTag, workspaceTag } from '../../tags/tags.ts'
import { explanationSchema } from '../explanation.ts'
import type { Question } from '../resource.ts'
import { defineResource } from '../resource.ts'

export const sharedCountsSchema = z.object({
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

/**
 * How many contacts each user has. Not z.record, which leaves out a member named `__proto__`: any id may be a user's.
 * JSON.parse gives an object a member of its own of that name, and JSON.stringify writes it.
 */
const assigneesSchema = z.custom<Readonly<Record<string, number>>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((contacts) => Number.isSafeInteger(contacts)),
  'must be an object of whole numbers',
)

/**
 * The entry that all users of a workspace share: its counts, and how many contacts its assignees have. It names
 * `limits.countedAssigneesMax` of them at most, those with the most contacts, so that it is small whatever is written.
 * Where these are not all, a user who is not named has an entry of their own of the same form: counts of one instant,
 * so that `assignedToMe` never contradicts the total beside it.
 */
const data = z.object({
  counts: sharedCountsSchema,
  assignees: assigneesSchema,
  computedAt: z.iso.datetime({ offset: true }),
  /** Whether every assignee is named. The last member: it is looked for on every hit. */
  isComplete: z.boolean().default(true),
})

/** What a caller gets under `data`. */
export const contactCountsAnswerSchema = sharedCountsSchema.extend({
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

function parse(body: Uint8Array): z.output<typeof data> {
  return data.parse(JSON.parse(decoder.decode(body)))
}

/** All but what changes without a write: with time, and which of too many assignees are named. */
function withoutTime(body: Uint8Array): string {
  const { counts, assignees, isComplete } = parse(body)
  const named = isComplete ? Object.entries(assignees).sort() : []
  return JSON.stringify({ ...counts, newCustomers: 0, recentActivity: 0, named })
}

/** The same of one user's own. */
function ownWithoutTime(body: Uint8Array): string {
  const { counts, assignees } = parse(body)
  return JSON.stringify({ ...counts, newCustomers: 0, recentActivity: 0, assignees })
}

const incomplete = encoder.encode('"isComplete":false}')

function isIncomplete(body: Uint8Array): boolean {
  const end = body.subarray(-incomplete.length)
  return end.length === incomplete.length && end.every((byte, index) => byte === incomplete[index])
}

function questionOf(bypass: boolean): Question<Record<string, never>> {
  const asked = {
    params: {},
    tags: [workspaceTag, countsTag],
    lifetime: 'contactCounts',
    feature: 'contactCounts',
    // The second form: an entry of the first names all assignees, however many, and a Worker of then expects it.
    keyParts: ['2'],
    bypass,
  } as const
  const own: Question<Record<string, never>> = { ...asked, sharing: 'user', comparable: ownWithoutTime }
  const lacks = (body: Uint8Array, userId: UserId) =>
    isIncomplete(body) && !Object.hasOwn(parse(body).assignees, userId)
  return {
    ...asked,
    sharing: 'workspace',
    comparable: withoutTime,
    own: (body, userId) => (lacks(body, userId) ? own : null),
  }
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
  question: (_path, { useCache }) => questionOf(useCache === 'false'),
  present(body, served) {
    const { counts, assignees, computedAt } = parse(body)
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
