import { z } from 'zod'
import { importanceSchema, meetingSchema } from '../../contract/inbound-email.ts'
import { threadIdSchema } from '../../ids.ts'
import { limits } from '../../limits.ts'
import { thingTags, workspaceTag } from '../../tags/tags.ts'
import { text } from '../../text.ts'
import { defineResource } from '../resource.ts'
import { storedId, storedInstant } from '../stored-values.ts'
import { communicationExample, communicationSchema } from './communication.ts'

export const threadSchema = z.object({
  id: storedId,
  subject: text(0, limits.subjectCharactersMax),
  company_id: storedId.nullable(),
  contact_id: storedId.nullable(),
  created_at: storedInstant,
  updated_at: storedInstant,
})

/** The calendar part of a communication. */
const communicationMeetingSchema = z.object({
  uid: text(1, limits.meetingTextCharactersMax),
  method: meetingSchema.shape.method,
  sequence: z.int().nonnegative(),
  /** Follows from all messages about the meeting. Null for somebody's answer to an invitation. */
  status: z.enum(['current', 'superseded', 'cancelled']).nullable(),
  summary: text(0, limits.meetingTextCharactersMax),
  location: text(0, limits.meetingTextCharactersMax).nullable(),
  starts_at: storedInstant.nullable(),
  ends_at: storedInstant.nullable(),
  is_all_day: z.boolean(),
  organizer: text(1, limits.emailCharactersMax).nullable(),
  attendees: z.int().nonnegative(),
})

/** A communication in its thread: with its body, what its message said about itself, and the number of its attachments. */
export const threadCommunicationSchema = communicationSchema.extend({
  company_id: storedId.nullable(),
  body: text(0, limits.messageCharactersMax),
  importance: importanceSchema.nullable(),
  /** Whether another message had the same id. */
  is_id_reused: z.boolean(),
  meeting: communicationMeetingSchema.nullable(),
  attachments: z.int().nonnegative(),
})

/** A thread with its newest communications (SPEC 9). */
export const thread = defineResource({
  name: 'thread',
  summary: 'A thread with its newest communications',
  description: `The newest ${limits.threadCommunicationsMax} communications, newest first. \`has_more\` says whether the thread has older ones. \`attachments\` is their number; \`/api/communications/{id}/attachments\` lists them. \`meeting\` is the calendar part of an e-mail, with a status that follows from all messages about that meeting.`,
  route: '/api/threads/{id}',
  path: z.strictObject({ id: threadIdSchema }),
  query: z.strictObject({}),
  params: z.strictObject({ id: threadIdSchema }),
  data: z.object({
    thread: threadSchema,
    communications: z.array(threadCommunicationSchema).max(limits.threadCommunicationsMax),
    has_more: z.boolean(),
  }),
  version: 2,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 600,
  toggle: true,
  absence: { code: 'not_found', sentence: 'There is no such thread in this workspace.' },
  paramsOf: ({ id }) => ({ id }),
  tags: ({ id }) => [workspaceTag, ...thingTags('thread', id)],
  example: {
    path: { id: 'thread_0042' },
    query: {},
    data: {
      thread: {
        id: 'thread_0042',
        subject: 'The offer',
        company_id: 'company_0042',
        contact_id: 'contact_000042',
        created_at: '2026-01-30T09:30:00.000000+00:00',
        updated_at: '2026-01-31T12:00:00.000000+00:00',
      },
      communications: [
        {
          ...communicationExample,
          company_id: 'company_0042',
          body: 'Thank you, the offer looks good.',
          importance: 'normal',
          is_id_reused: false,
          meeting: null,
          attachments: 1,
        },
      ],
      has_more: false,
    },
  },
})
