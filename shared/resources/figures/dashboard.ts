import { z } from 'zod'
import { limits } from '../../limits.ts'
import { configTag, familyTag, userTags, workspaceTag } from '../../tags/tags.ts'
import { contactSchema } from '../contacts/contact-list.ts'
import { defineResource } from '../resource.ts'

const figure = z.int().nonnegative()

/** A contact as a dashboard lists it. */
export const recentContactSchema = contactSchema.pick({
  id: true,
  board_id: true,
  board_column_id: true,
  name: true,
  status: true,
  priority: true,
  last_activity_at: true,
})

const data = z.object({
  /** The contacts that are assigned to the user. */
  assigned: figure,
  /** Conversations that the user handles and has not read. */
  unread: figure,
  /** The user's communications of today, a day in the workspace's time zone. */
  today: figure,
  /** The user's contacts whose follow-up was due by now. */
  follow_ups_due: figure,
  /** The user's contacts with the latest activity, that one first. */
  recent: z.array(recentContactSchema).max(limits.dashboardRecentMax),
})

/** A user's own figures (SPEC 9). */
export const dashboard = defineResource({
  name: 'dashboard',
  summary: "A user's own figures",
  description:
    "`assigned` counts the user's contacts, `unread` the unread conversations that the user handles, `today` the user's communications since midnight in the workspace's time zone, and `follow_ups_due` the user's contacts whose follow-up is due. `recent` lists the user's contacts with the latest activity.",
  route: '/api/dashboard',
  path: z.strictObject({}),
  query: z.strictObject({}),
  params: z.strictObject({}),
  data,
  version: 1,
  callers: ['member', 'service'],
  sharing: 'user',
  changes: 'time',
  lifetime: 300,
  toggle: true,
  paramsOf: () => ({}),
  warm: () => [{}],
  need: 'first',
  // The configuration has the time zone.
  tags: (_params, owner) => [
    workspaceTag,
    configTag,
    ...(owner === null ? [familyTag('user')] : userTags(owner)),
  ],
  writtenPart: ({ assigned, unread, recent }) => ({ assigned, unread, recent }),
  example: {
    path: {},
    query: {},
    data: {
      ...{ assigned: 42, unread: 3, today: 8, follow_ups_due: 2 },
      recent: [
        {
          id: 'contact_000042',
          ...{ board_id: 'board_123', board_column_id: 'col_4', name: 'John Doe' },
          ...{ status: 'open', priority: 'high', last_activity_at: '2026-01-31T12:00:00.000000+00:00' },
        },
      ],
    },
  },
})
