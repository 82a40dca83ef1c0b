import { z } from 'zod'
import { nextCursorIn, parseCursor, sortBySchema, sortOrderSchema } from '../../contract/cursor.ts'
import { boardIdSchema, columnIdSchema } from '../../ids.ts'
import { limits } from '../../limits.ts'
import { storableText, text } from '../../text.ts'
import { wholeNumber } from '../../whole-number.ts'
import { defineResource } from '../resource.ts'
import { contactListTags, shownContactsTags } from './contact-list-tags.ts'

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

/** Free text without control characters. White space at its ends is dropped. */
const searchText = storableText(0, limits.searchCharactersMax)
  .regex(/^\P{Cc}*$/u, 'must not contain control characters')
  .meta({
    description:
      'Text that a name, an e-mail address or a phone number contains. One or two characters match the beginning of a word. Case, accents and Unicode normalization are ignored, and a phone number is found by its digits in any notation. White space at both ends is ignored.',
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
    if (page !== undefined) reject('must not be given together with page')
    const parsed = parseCursor(cursor)
    if (!parsed.ok) reject('must be a next_cursor of this API')
    else if (parsed.value.sortBy !== sort_by || parsed.value.sortOrder !== sort_order)
      reject('belongs to another sort_by or sort_order')
  })

/** The parameters for the origin: one page, by number or from a cursor on. */
const params = z.strictObject({
  boardId: boardIdSchema,
  columnId: columnIdSchema.nullable(),
  filter: contactFilterSchema,
  /** In NFC, which can make a text up to three times as long (UAX 15). */
  search: storableText(1, 3 * limits.searchCharactersMax).nullable(),
  sortBy: sortBySchema,
  sortOrder: sortOrderSchema,
  perPage: z.int().min(1).max(limits.perPageMax),
  page: z.int().min(1).max(limits.pageMax),
  cursor: storableText(1, limits.cursorCharactersMax).nullable(),
})

const instant = z.iso.datetime({ offset: true })

const identifier = text(1, 128)

/** A contact in an answer. Its bounds are those of the database, so the size of a page is bounded too. */
const contact = z.object({
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
export const contactSchema = contact.meta({
  examples: [
    {
      id: 'contact_000042',
      workspace_id: '15213',
      board_id: 'board_123',
      board_column_id: 'col_4',
      name: 'John Doe',
      email: 'john@example.com',
      phone: '+1234567890',
      status: 'open',
      priority: 'high',
      assigned_to: null,
      needs_response: true,
      follow_up: false,
      is_favorite: false,
      is_archived: false,
      sentiment: null,
      source: null,
      lead_status: null,
      tags: ['vip'],
      last_message: null,
      last_activity_at: '2026-01-31T12:00:00.000000+00:00',
      created_at: '2025-12-01T09:30:00.000000+00:00',
      updated_at: '2026-01-31T12:00:00.000000+00:00',
    },
  ],
})
export type Contact = z.output<typeof contactSchema>

const data = z.object({
  contacts: z.array(contactSchema),
  pagination: z.object({
    page: z.int(),
    per_page: z.int(),
    total: z.int(),
    /** Present if more than 10,000 contacts match a search with its filter and column. Up to that the total is exact. */
    total_is_estimate: z.literal(true).optional(),
    total_pages: z.int(),
    next_cursor: z.string().nullable(),
  }),
})

const changingWithTime: ReadonlySet<string> = new Set(['new_customers', 'recent_activity'])

type Params = z.output<typeof params>

function paramsOf({ boardId }: z.output<typeof path>, given: z.output<typeof query>): Params {
  return {
    boardId,
    columnId: given.column_id ?? null,
    filter: given.filter,
    search: given.search === undefined || given.search === '' ? null : given.search,
    sortBy: given.sort_by,
    sortOrder: given.sort_order,
    perPage: given.per_page,
    page: given.page ?? 1,
    cursor: given.cursor ?? null,
  }
}

const example: z.output<typeof data> = {
  contacts: [
    {
      id: 'contact_000042',
      workspace_id: '15213',
      board_id: 'board_123',
      board_column_id: 'col_4',
      name: 'John Doe',
      email: 'john@example.com',
      phone: '+1234567890',
      status: 'open',
      priority: 'medium',
      assigned_to: null,
      needs_response: false,
      follow_up: false,
      is_favorite: false,
      is_archived: false,
      sentiment: null,
      source: 'web',
      lead_status: null,
      tags: ['newsletter'],
      last_message: null,
      last_activity_at: '2025-07-26T15:36:27.020+00:00',
      created_at: '2025-07-01T08:00:00+00:00',
      updated_at: '2025-07-26T15:36:27.020+00:00',
    },
  ],
  pagination: { page: 1, per_page: 50, total: 1, total_pages: 1, next_cursor: null },
}

/** A page of a board's contacts (SPEC 1). */
export const contactList = defineResource({
  name: 'contact-list',
  summary: "A page of a board's contacts",
  description:
    'The next page is read with `pagination.next_cursor` as `cursor`, or by its number. If a search has more than 10,000 matches, the total is an estimate.',
  route: '/api/boards/{boardId}/contacts',
  path,
  query,
  params,
  data,
  version: 2,
  callers: ['member', 'hub'],
  sharing: ({ filter }) => (filter === 'assigned_to_me' ? 'user' : 'workspace'),
  changes: ({ filter }) => (changingWithTime.has(filter) ? 'time' : 'writes'),
  lifetime: ({ search }) => (search === null ? 'contactsTTL' : 'searchTTL'),
  toggle: ({ search }) => (search === null ? 'contactLists' : 'search'),
  absence: { code: 'board_not_found' },
  privateParams: ['search'],
  paramsOf,
  tags: contactListTags,
  listed: shownContactsTags,
  warm: ({ boardIds }) => boardIds.map((boardId) => paramsOf({ boardId }, query.parse({}))),
  need: 'first',
  next(current, body) {
    const cursor = nextCursorIn(body)
    if (cursor === null) return null
    return current.cursor === null ? { ...current, page: current.page + 1 } : { ...current, cursor }
  },
  example: { path: { boardId: 'board_123' }, query: { filter: 'open' }, data: example },
})
