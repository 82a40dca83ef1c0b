import { z } from 'zod'
import { parseCursor, sortBySchema, sortOrderSchema } from '../../contract/cursor.ts'
import { boardIdSchema, columnIdSchema } from '../../ids.ts'
import { limits } from '../../limits.ts'
import { storableText } from '../../storable-text.ts'
import { text } from '../../text.ts'
import { explanationSchema } from '../explanation.ts'
import type { Question } from '../resource.ts'
import { defineResource, spliceMember } from '../resource.ts'
import { contactListTags } from './contact-list-tags.ts'

export const contactFilterSchema = z.enum([
  'all',
  'open',
  'closed',
  'unassigned',
  'assigned_to_me',
  'high_priority',
  'medium_priority',
  'low_priority',
  'needs_response',
  'follow_up',
  'favorites',
  'archived',
  'unhappy_customers',
  'new_customers',
  'recent_activity',
])

/** A whole number written in decimal digits. */
function wholeNumber(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .meta({ description: `A whole number from ${min} to ${max}` })
    .transform(Number)
    .pipe(z.int().min(min).max(max))
}

/** Free text: no control characters; inner white space counts, outer does not. */
const searchText = storableText(0, limits.searchCharactersMax)
  .regex(/^\P{Cc}*$/u, 'must not contain control characters')
  .meta({
    description:
      'What a name, an e-mail address or a phone number contains; of one or two characters, what a word begins with. Case, accents and encoding are ignored, and a phone number is found by its digits however it is written. Outer white space does not count.',
  })
  .transform((text) => text.normalize('NFC').trim())

const path = z.strictObject({ boardId: boardIdSchema })

const query = z
  .strictObject({
    page: wholeNumber(1, limits.pageMax).optional(),
    per_page: wholeNumber(1, limits.perPageMax).default(limits.perPageDefault),
    cursor: storableText(1, limits.cursorCharactersMax).optional(),
    filter: contactFilterSchema.default('all'),
    search: searchText.optional(),
    column_id: columnIdSchema.optional(),
    sort_by: sortBySchema.default('created_at'),
    sort_order: sortOrderSchema.default('desc'),
  })
  .check((context) => {
    const { cursor, page, sort_by, sort_order } = context.value
    if (cursor === undefined) return
    const reject = (message: string) =>
      context.issues.push({ code: 'custom', input: cursor, path: ['cursor'], message })
    if (page !== undefined) reject('takes the place of page: give one of the two')
    const parsed = parseCursor(cursor)
    if (!parsed.ok) reject('must be a next_cursor that this API gave out')
    else if (parsed.value.sortBy !== sort_by || parsed.value.sortOrder !== sort_order)
      reject('belongs to another sort_by or sort_order')
  })

/** What the origin is asked: one page, by number or from a cursor on. */
const params = z.strictObject({
  boardId: boardIdSchema,
  columnId: columnIdSchema.nullable(),
  filter: contactFilterSchema,
  /** Composed (NFC), which makes text up to three times as long (UAX 15). */
  search: storableText(1, 3 * limits.searchCharactersMax).nullable(),
  sortBy: sortBySchema,
  sortOrder: sortOrderSchema,
  perPage: z.int().min(1).max(limits.perPageMax),
  page: z.int().min(1).max(limits.pageMax),
  cursor: storableText(1, limits.cursorCharactersMax).nullable(),
})

const instant = z.iso.datetime({ offset: true })

const identifier = text(1, 128)

/** A contact as the API shows it. Its bounds are the database's, so that a page has one too. */
export const contactSchema = z.object({
  id: identifier,
  workspace_id: identifier,
  board_id: identifier,
  board_column_id: identifier,
  name: text(1, limits.nameCharactersMax),
  email: text(1, limits.emailCharactersMax).nullable(),
  phone: text(1, limits.phoneCharactersMax).nullable(),
  status: text(1, limits.statusCharactersMax),
  priority: z.enum(['high', 'medium', 'low']),
  assigned_to: identifier.nullable(),
  needs_response: z.boolean(),
  follow_up: z.boolean(),
  is_favorite: z.boolean(),
  is_archived: z.boolean(),
  sentiment: text(1, limits.statusCharactersMax).nullable(),
  source: text(1, limits.sourceCharactersMax).nullable(),
  lead_status: text(1, limits.sourceCharactersMax).nullable(),
  tags: z.array(text(1, limits.contactTagCharactersMax)).max(limits.contactTagsMax),
  last_message: text(1, limits.messageCharactersMax).nullable(),
  last_activity_at: instant,
  created_at: instant,
  updated_at: instant,
})
export type Contact = z.output<typeof contactSchema>

const data = z.object({
  contacts: z.array(contactSchema),
  pagination: z.object({
    page: z.int(),
    per_page: z.int(),
    total: z.int(),
    /** There where more than 10,000 match the search, the filter and the column together: up to that the total is exact. */
    total_is_estimate: z.literal(true).optional(),
    total_pages: z.int(),
    next_cursor: z.string().nullable(),
  }),
})

/** What a caller gets under `data`. */
export const contactListAnswerSchema = data.extend({
  _cache: z.object({
    status: z.enum(['HIT', 'STALE', 'MISS', 'BYPASS']),
    source: z.enum(['memory', 'edge_cache', 'cloudflare_kv', 'redis_cache', 'database']),
    ttl: z.int(),
    age: z.int(),
    edge_location: z.string(),
    response_time_ms: z.number(),
    explanation: explanationSchema.optional(),
  }),
})

type Params = z.output<typeof params>

function questionOf(asked: Params): Question<Params> {
  const { boardId, columnId, filter, search, cursor } = asked
  const place = cursor === null ? `p${asked.page}` : `c${cursor}`
  return {
    params: asked,
    sharing: filter === 'assigned_to_me' ? 'user' : 'workspace',
    tags: contactListTags(asked, null),
    ownTags: (userId) => contactListTags(asked, userId),
    lifetime: search === null ? 'contactList' : 'search',
    feature: search === null ? 'contactLists' : 'search',
    keyParts: [boardId, columnId ?? '', filter, asked.sortBy, asked.sortOrder, `${asked.perPage}`, place],
    ...(search === null ? {} : { privateKeyParts: [search] }),
    comparable: changesWithTime.has(filter) ? null : (body) => decoder.decode(body),
    next: followerOf(asked),
  }
}

const changesWithTime: ReadonlySet<string> = new Set(['new_customers', 'recent_activity'])
const decoder = new TextDecoder()

/** A cursor is the last of a page's members, so its end, from the last quoted text on, tells it without the contacts. */
const lastCursor = /"next_cursor":(?:null|"([^"\\]+)")\}*$/
const quote = 0x22
const nameBytes = '"next_cursor":'.length

/** What follows a page. By number it is always the same question, made once: it is looked for on every hit. */
function followerOf(asked: Params): (body: Uint8Array) => Question<Params> | null {
  let nextPage: Question<Params> | null = null
  return (body) => {
    const start = body.lastIndexOf(quote, body.lastIndexOf(quote) - 1) - nameBytes
    const [, cursor] = lastCursor.exec(decoder.decode(body.subarray(Math.max(0, start)))) ?? []
    if (cursor === undefined) return null
    if (asked.cursor !== null) return questionOf({ ...asked, cursor })
    nextPage ??= questionOf({ ...asked, page: asked.page + 1 })
    return nextPage
  }
}

/** A page of a board's contacts (SPEC 1). */
export const contactList = defineResource({
  name: 'contact-list',
  summary: "A page of a board's contacts",
  route: '/api/boards/{boardId}/contacts',
  path,
  query,
  params,
  data,
  answer: contactListAnswerSchema,
  notFound: 'board_not_found',
  question: ({ boardId }, asked) => {
    const search = asked.search === undefined || asked.search === '' ? null : asked.search
    return questionOf({
      boardId,
      columnId: asked.column_id ?? null,
      filter: asked.filter,
      search,
      sortBy: asked.sort_by,
      sortOrder: asked.sort_order,
      perPage: asked.per_page,
      page: asked.page ?? 1,
      cursor: asked.cursor ?? null,
    })
  },
  present: (body, served) =>
    spliceMember(body, '_cache', {
      status: served.status,
      source: served.source,
      ttl: served.ttlSeconds,
      age: served.ageSeconds,
      edge_location: served.edgeLocation,
      response_time_ms: served.responseTimeMs,
      explanation: served.explanation,
    }),
})
