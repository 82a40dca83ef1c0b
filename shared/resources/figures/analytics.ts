import { z } from 'zod'
import { limits } from '../../limits.ts'
import { familyTag, workspaceTag } from '../../tags/tags.ts'
import { wholeNumber } from '../../whole-number.ts'
import { defineResource } from '../resource.ts'

const figure = z.int().nonnegative()

/** The figures of a day that add up over several days. */
const added = z.object({
  new_contacts: figure,
  messages_inbound: figure,
  messages_outbound: figure,
  communications: figure,
  calls: figure,
})

/** A snapshot: the number of contacts at the end of the day, and what happened during it. */
const snapshot = z.object({ day: z.iso.date(), contacts: figure, ...added.shape })

const data = z.object({
  /** Newest first. A day without a snapshot is left out. */
  days: z.array(snapshot).max(limits.analyticsDaysMax),
  totals: added,
})

type Params = z.output<typeof params>
const params = z.strictObject({ days: z.int().min(1).max(limits.analyticsDaysMax) })

/** The workspace's daily snapshots (SPEC 9). */
export const analytics = defineResource({
  name: 'analytics',
  summary: 'The daily figures of a workspace',
  description:
    "The snapshots of the last `days` days, newest first, with the totals of what adds up. The days are counted back from the latest snapshot and are days in the workspace's time zone. A day without a snapshot is left out.",
  route: '/api/analytics/dashboard',
  path: z.strictObject({}),
  query: z.strictObject({
    days: wholeNumber(1, limits.analyticsDaysMax).default(limits.analyticsDaysDefault),
  }),
  params,
  data,
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 300,
  toggle: true,
  paramsOf: (_path, { days }) => ({ days }),
  tags: () => [workspaceTag, familyTag('analytics')],
  warm: (): Params[] => [{ days: limits.analyticsDaysDefault }],
  need: 'later',
  example: {
    path: {},
    query: { days: '7' },
    data: {
      days: [
        {
          day: '2026-11-25',
          ...{ contacts: 19_204, new_contacts: 31, messages_inbound: 512, messages_outbound: 498 },
          ...{ communications: 164, calls: 37 },
        },
      ],
      totals: {
        new_contacts: 31,
        messages_inbound: 512,
        messages_outbound: 498,
        communications: 164,
        calls: 37,
      },
    },
  },
})
