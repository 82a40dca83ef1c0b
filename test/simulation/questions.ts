import {
  boardIdSchema,
  columnIdSchema,
  type UserId,
  userIdSchema,
  workspaceIdSchema,
} from '../../shared/ids.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../shared/resources/contacts/contact-list.ts'
import type { Question } from '../../shared/resources/question.ts'

/** A question that readers of this world have: production's own question, and the name that bodies use for it. */
export interface Asked {
  readonly question: Question
  readonly userId: UserId
  readonly name: string
}

export const workspaceIds = [workspaceIdSchema.parse('w1'), workspaceIdSchema.parse('w2')] as const
export const boardIds = ['b1', 'b2'].map((id) => boardIdSchema.parse(id))
export const columnIds = ['c1', 'c2', 'c3'].map((id) => columnIdSchema.parse(id))
export const userIds = [userIdSchema.parse('u1'), userIdSchema.parse('u2')] as const

/** Contacts on a page. A reader of a list's last page finds no next one. */
export const perPage = 2
export const pagesMax = 2

/** The subject of a question, as bodies and the database's history name it. */
export interface Place {
  /** Null means the counts of the workspace. */
  readonly boardId: string | null
  readonly columnId: string | null
  readonly page: number
  /** The user whose contacts are listed, or null for everybody's. */
  readonly ownerId: string | null
  readonly filter: 'all' | 'open' | 'high_priority'
  /** Whether only contacts that a search finds are listed. */
  readonly isSearch: boolean
}

export function nameOf({ boardId, columnId, page, ownerId, filter, isSearch }: Place): string {
  const shown = `${filter}${isSearch ? '|search' : ''}`
  return `${boardId ?? 'counts'}|${columnId ?? ''}|${page}|${ownerId ?? ''}|${shown}`
}

const everything = { columnId: null, page: 1, ownerId: null, filter: 'all', isSearch: false } as const

const listPlaces: Place[] = boardIds.flatMap((boardId) =>
  [null, ...columnIds].flatMap((columnId) =>
    [1, pagesMax].map((page) => ({ ...everything, boardId, columnId, page })),
  ),
)
const filteredPlaces: Place[] = boardIds.flatMap((boardId) =>
  [null, columnIds[0] ?? null].flatMap((columnId) => [
    { ...everything, boardId, columnId, filter: 'open' as const },
    { ...everything, boardId, columnId, filter: 'high_priority' as const },
    { ...everything, boardId, columnId, isSearch: true },
  ]),
)
const ownPlaces: Place[] = boardIds.flatMap((boardId) =>
  userIds.map((ownerId) => ({ ...everything, boardId, ownerId })),
)

/**
 * Every place that a question can be about. They are the same in every workspace, so only the workspace tells their
 * entries apart.
 */
export const places: readonly Place[] = [
  ...ownPlaces.slice(0, 1),
  ...listPlaces,
  ...filteredPlaces,
  ...ownPlaces.slice(1),
  { ...everything, boardId: null },
]

/** The questions of readers, each parsed by production from a request. */
export const askedOf: readonly Asked[] = places.flatMap((place) =>
  userIds
    .filter((userId) => place.ownerId === null || place.ownerId === userId)
    .map((userId) => ({ question: questionOf(place), userId, name: nameOf(place) })),
)

function questionOf({ boardId, columnId, page, ownerId, filter, isSearch }: Place): Question {
  const asked =
    boardId === null
      ? contactCounts.parse({ workspaceId: workspaceIds[0] }, {})
      : contactList.parse(
          { boardId },
          {
            page: String(page),
            per_page: String(perPage),
            filter: ownerId === null ? filter : 'assigned_to_me',
            ...(isSearch ? { search: 'sought' } : {}),
            ...(columnId === null ? {} : { column_id: columnId }),
          },
        )
  if (!asked.ok) throw new Error('production refuses a question of the simulation')
  return asked.value
}

/** The place that a load is about, taken from what the Worker sends to the origin. */
export function placeAsked(
  { resource, params }: Pick<Question, 'resource' | 'params'>,
  userId: string | null,
): Place {
  if (resource.name === contactCounts.name) return { ...everything, boardId: null, ownerId: userId }
  const { boardId, columnId, page, filter, search } = contactList.params.parse(params)
  const shown = filter === 'open' || filter === 'high_priority' ? filter : 'all'
  return { boardId, columnId, page, ownerId: userId, filter: shown, isSearch: search !== null }
}
