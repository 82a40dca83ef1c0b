import { z } from 'zod'
import { sourceNames } from '../../contract/tier-names.ts'
import { workspaceIdSchema } from '../../ids.ts'
import { countsTag, workspaceTag } from '../../tags/tags.ts'
import { explanationSchema } from '../explanation.ts'
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
 * The number of contacts of each user. z.record would drop a member named `__proto__`, which is a possible user id. JSON.parse
 * creates an own member of that name, and JSON.stringify writes it.
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
 * The entry that all users of a workspace share: its counts, and the number of contacts of each assignee. It names at most
 * `limits.countedAssigneesMax` assignees, those with the most contacts, so that its size is bounded. If there are more, each user who
 * is not named has an entry of their own in the same form. All counts of an entry are from the same instant, so `assignedToMe` never
 * contradicts the total.
 */
const data = z.object({
  counts: sharedCountsSchema,
  assignees: assigneesSchema,
  computedAt: z.iso.datetime({ offset: true }),
  /** Whether every assignee is named. */
  isComplete: z.boolean().default(true),
})

/** The `data` of an answer. */
const contactCountsAnswerSchema = sharedCountsSchema.extend({
  assignedToMe: z.int(),
  _cached: z.boolean(),
  _source: z.enum(sourceNames),
  _timestamp: z.string(),
  _retrievedAt: z.string().optional(),
  _responseTimeMs: z.number(),
  _cacheEnabled: z.boolean(),
  _explanation: explanationSchema.optional(),
})

const example: z.output<typeof data> = {
  counts: {
    unassigned: 191_623,
    open: 14,
    closed: 588,
    total: 191_663,
    highPriority: 2,
    mediumPriority: 191_657,
    lowPriority: 4,
    needsResponse: 5,
    followUp: 0,
    favorites: 3,
    archived: 4,
    unhappyCustomers: 0,
    newCustomers: 0,
    recentActivity: 0,
  },
  assignees: {},
  computedAt: '2025-07-26T15:36:27.020Z',
  isComplete: true,
}

/** The counts of a workspace's contacts (SPEC 3). */
export const contactCounts = defineResource({
  name: 'contact-counts',
  summary: "The counts of a workspace's contacts",
  description:
    'All users of a workspace get the same counts, except `assignedToMe`, which is the number of contacts of the caller. `newCustomers` counts contacts created in the last 7 days, `recentActivity` those with activity in the last 24 hours.',
  route: '/api/cache-settings/workspace/{workspaceId}/counts',
  path: z.strictObject({ workspaceId: workspaceIdSchema }),
  query: z.strictObject({ useCache: z.enum(['true', 'false']).default('true') }),
  params: z.strictObject({}),
  data,
  version: 2,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'time',
  lifetime: 'contactCountsTTL',
  toggle: 'contactCounts',
  paramsOf: () => ({}),
  isBypass: ({ useCache }) => useCache === 'false',
  tags: () => [workspaceTag, countsTag],
  warm: () => [{}],
  need: 'first',
  lacks: ({ isComplete, assignees }, userId) => !isComplete && !Object.hasOwn(assignees, userId),
  /** If there are too many assignees, a write about one of them may change which others are named, so the names are not compared. */
  writtenPart({ counts, assignees, isComplete }, sharing) {
    const named = isComplete || sharing === 'user' ? Object.entries(assignees).sort() : []
    return { ...counts, newCustomers: 0, recentActivity: 0, named }
  },
  presentation: {
    answer: contactCountsAnswerSchema,
    named: ({ counts, assignees, isComplete }) => ({ counts, assignees, isComplete }),
    of({ counts, assignees, computedAt }, served) {
      const { userId } = served
      const fromCache = served.source !== 'database'
      const isNamed = userId !== null && Object.hasOwn(assignees, userId)
      return {
        ...counts,
        assignedToMe: isNamed ? (assignees[userId] ?? 0) : 0,
        _cached: fromCache,
        _source: served.source,
        _timestamp: new Date(computedAt).toISOString(),
        ...(fromCache ? { _retrievedAt: new Date(served.retrievedAtMs).toISOString() } : {}),
        _responseTimeMs: served.responseTimeMs,
        _cacheEnabled: served.isCacheEnabled,
        ...(served.explanation === undefined ? {} : { _explanation: served.explanation }),
      }
    },
  },
  example: { path: { workspaceId: '15213' }, query: {}, data: example },
})
