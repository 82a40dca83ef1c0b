import type { UserId } from '../../ids.ts'
import type { SlotName } from '../../tags/places.ts'
import type { Tag } from '../../tags/tags.ts'
import { familyTag, slotTag, userTags, workspaceTag } from '../../tags/tags.ts'

interface Page {
  readonly boardId: string
  readonly columnId: string | null
  readonly filter: SlotName | 'assigned_to_me' | 'new_customers' | 'recent_activity'
  readonly search: string | null
}

/**
 * The tags of a page of a board: the workspace, the board itself, and the slot of the page's filter.
 *
 * - A search depends on every write on the board, also a search in a column, because an estimated total samples the whole board.
 * - A filter by time depends on every write in its place, because a cached page may still show a contact that left the window.
 * - `owner` is the user that the page belongs to. A change of a contact moves its old and its new assignee. An event that names no
 *   assignee moves the slot `reported`.
 */
export function contactListTags({ boardId, columnId, filter, search }: Page, owner: UserId | null): Tag[] {
  const always = [workspaceTag, familyTag('place'), slotTag(boardId, null, 'board')]
  if (search !== null) return [...always, slotTag(boardId, null, 'search')]
  const own = filter === 'assigned_to_me' && owner !== null ? userTags(owner) : []
  return [...always, slotTag(boardId, columnId, slotOf(filter)), ...own]
}

function slotOf(filter: Page['filter']): SlotName {
  if (filter === 'assigned_to_me') return 'reported'
  return filter === 'new_customers' || filter === 'recent_activity' ? 'time' : filter
}
