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
 * What a page of a board depends on: the workspace, the board itself, and the slot of what it shows.
 *
 * - A search depends on every write on the board, also in a column: the total may be an estimate, which samples the whole board.
 * - A filter by time depends on every write in its place: a contact that left the window may still stand on a cached page.
 * - `owner` is the user whose page it is. A change of a contact moves its assignee, old and new; events that do not name an
 *   assignee move the slot \`reported\`.
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
