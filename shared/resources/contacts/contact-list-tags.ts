import { z } from 'zod'
import type { Cursor } from '../../contract/cursor.ts'
import type { UserId } from '../../ids.ts'
import type { SlotName } from '../../tags/places.ts'
import type { Tag } from '../../tags/tags.ts'
import { familyTag, orderTag, shownTag, slotTag, userTags, workspaceTag } from '../../tags/tags.ts'

interface Page {
  readonly boardId: string
  readonly columnId: string | null
  readonly filter: SlotName | 'assigned_to_me' | 'new_customers' | 'recent_activity'
  readonly search: string | null
  readonly sortBy: Cursor['sortBy']
}

/**
 * The tags of a page of a board: the workspace, the board itself, and the slot of the page's filter.
 *
 * - A page in the order in which its contacts were created depends on its list's order and on the contacts that it shows
 *   (`shownContactsTags`), so that a write moves the pages before and after the contact's own only if the list becomes another one.
 *   In any other order a change of a contact may change its position, and the page depends on every change in its filter.
 * - A search depends on every write on the board, also a search in a column, because an estimated total samples the whole board.
 * - A filter by time depends on every write in its place, because a cached page may still show a contact that left the window.
 * - `owner` is the user that the page belongs to. A change of a contact moves its old and its new assignee. An event that names no
 *   assignee moves the slot `reported`.
 */
export function contactListTags(page: Page, owner: UserId | null): Tag[] {
  const { boardId, columnId, filter, search } = page
  const always = [workspaceTag, familyTag('place'), slotTag(boardId, null, 'board')]
  if (search !== null) return [...always, slotTag(boardId, null, 'search')]
  const own = filter === 'assigned_to_me' && owner !== null ? userTags(owner) : []
  const tag = isByContacts(page) ? orderTag : slotTag
  return [...always, tag(boardId, columnId, slotOf(filter)), ...own]
}

/** The contacts of a page, as far as its tags need them. */
const shownSchema = z.object({ contacts: z.array(z.object({ id: z.string() })) })
const decoder = new TextDecoder()

/** The tags of the contacts that a page shows; of every change in its filter if they cannot be read. */
export function shownContactsTags(page: Page, body: Uint8Array): readonly Tag[] {
  if (!isByContacts(page)) return []
  try {
    return shownSchema.parse(JSON.parse(decoder.decode(body))).contacts.map(({ id }) => shownTag(id))
  } catch {
    return [slotTag(page.boardId, page.columnId, slotOf(page.filter))]
  }
}

function isByContacts({ filter, search, sortBy }: Page): boolean {
  return search === null && sortBy === 'created_at' && !coarse.has(filter)
}

/** Filters whose pages depend on every change of a contact that they may show. */
const coarse: ReadonlySet<string> = new Set<Page['filter']>([
  'assigned_to_me',
  'new_customers',
  'recent_activity',
])

function slotOf(filter: Page['filter']): SlotName {
  if (filter === 'assigned_to_me') return 'reported'
  return filter === 'new_customers' || filter === 'recent_activity' ? 'time' : filter
}
