import { z } from 'zod'
import { nextCursorIn } from '../../contract/cursor.ts'
import { parseHistoryCursor } from '../../contract/history-cursor.ts'
import { contactIdSchema } from '../../ids.ts'
import { limits } from '../../limits.ts'
import { storableText } from '../../text.ts'
import { wholeNumber } from '../../whole-number.ts'
import { defineResource } from '../resource.ts'
import { leadAbsence, messageExample, messageSchema } from './lead-parts.ts'
import { conversationTags } from './lead-tags.ts'

const query = z
  .strictObject({
    limit: wholeNumber(1, limits.historyMessagesMax).default(limits.historyMessagesDefault),
    offset: wholeNumber(0, limits.historyOffsetMax).optional(),
    cursor: storableText(1, limits.cursorCharactersMax).optional(),
  })
  .check((context) => {
    const { cursor, offset } = context.value
    if (cursor === undefined || context.issues.some(({ path }) => path?.[0] === 'cursor')) return
    const reject = (message: string) =>
      context.issues.push({ code: 'custom', input: cursor, path: ['cursor'], message })
    if (offset !== undefined) reject('must not be given together with offset')
    if (!parseHistoryCursor(cursor).ok) reject('must be a next_cursor of this route')
  })

const params = z.strictObject({
  id: contactIdSchema,
  limit: z.int().min(1).max(limits.historyMessagesMax),
  offset: z.int().min(0).max(limits.historyOffsetMax),
  cursor: storableText(1, limits.cursorCharactersMax).nullable(),
})

const data = z.object({
  messages: z.array(messageSchema).max(limits.historyMessagesMax),
  pagination: z.object({
    limit: z.int(),
    /** Null on a page by cursor, whose place has no number. */
    offset: z.int().nullable(),
    /** The last member of an entry, from whose end the next page is read. */
    next_cursor: z.string().nullable(),
  }),
})

/** The messages with a lead, newest first (SPEC 9). */
export const leadHistory = defineResource({
  name: 'lead-history',
  summary: "A lead's messages",
  description:
    "The messages of all the lead's conversations, newest first. A walk along `pagination.next_cursor` sees each message once while others arrive; an offset counts from the newest message of the moment.",
  route: '/api/leads/{id}/history',
  path: z.strictObject({ id: contactIdSchema }),
  query,
  params,
  data,
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 'messageHistoryTTL',
  toggle: 'messageHistory',
  absence: leadAbsence,
  paramsOf: ({ id }, { limit, offset, cursor }) => ({
    ...{ id, limit },
    offset: offset ?? 0,
    cursor: cursor ?? null,
  }),
  tags: ({ id }) => conversationTags(id),
  next(current, body) {
    const cursor = nextCursorIn(body)
    if (cursor === null) return null
    const offset = current.offset + current.limit
    return current.cursor === null && offset <= limits.historyOffsetMax
      ? { ...current, offset }
      : { ...current, offset: 0, cursor }
  },
  example: {
    path: { id: 'contact_000042' },
    query: { limit: '1' },
    data: { messages: [messageExample], pagination: { limit: 1, offset: 0, next_cursor: null } },
  },
})
