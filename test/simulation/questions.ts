import {
  boardIdSchema,
  columnIdSchema,
  type UserId,
  userIdSchema,
  workspaceIdSchema,
} from '../../shared/ids.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../shared/resources/contacts/contact-list.ts'
import type { Question } from '../../shared/resources/resource.ts'

/** Something that readers of the world ask: the production's own question, and the name it goes by in a body. */
export interface Asked {
  readonly resourceName: string
  readonly question: Question
  readonly userId: UserId
  readonly name: string
}

export const workspaceIds = [workspaceIdSchema.parse('w1'), workspaceIdSchema.parse('w2')] as const
export const boardIds = ['b1', 'b2'].map((id) => boardIdSchema.parse(id))
export const columnIds = ['c1', 'c2', 'c3'].map((id) => columnIdSchema.parse(id))
export const userIds = ['u1', 'u2'].map((id) => userIdSchema.parse(id))

/** Contacts on a page, and pages of a list that can be asked for: a reader of the last finds no next one. */
export const perPage = 2
export const pagesMax = 2

/** The place a question asks about, as a body and the database's history name it. */
export interface Place {
  /** Null: the counts of the workspace. */
  readonly boardId: string | null
  readonly columnId: string | null
  readonly page: number
  /** Whose contacts only; null: everybody's. */
  readonly ownerId: string | null
  readonly filter: 'all' | 'open' | 'high_priority'
  /** Only contacts that a search finds. */
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

/** Every place that can be asked about, in every workspace alike: only the workspace tells their entries apart. */
export const places: readonly Place[] = [
  ...ownPlaces.slice(0, 1),
  ...listPlaces,
  ...filteredPlaces,
  ...ownPlaces.slice(1),
  { ...everything, boardId: null },
]

/** What readers ask, each in a form that production made of a request. */
export const askedOf: readonly Asked[] = places.flatMap((place) =>
  userIds
    .filter((userId) => place.ownerId === null || place.ownerId === userId)
    .map((userId) => ({ ...questionOf(place), userId, name: nameOf(place) })),
)

function questionOf({
  boardId,
  columnId,
  page,
  ownerId,
  filter,
  isSearch,
}: Place): Pick<Asked, 'resourceName' | 'question'> {
  const asked =
    boardId === null
      ? contactCounts.ask({ workspaceId: workspaceIds[0] }, {})
      : contactList.ask(
          { boardId },
          {
            page: String(page),
            per_page: String(perPage),
            filter: ownerId === null ? filter : 'assigned_to_me',
            ...(isSearch ? { search: 'sought' } : {}),
            ...(columnId === null ? {} : { column_id: columnId }),
          },
        )
  if (!asked.ok) throw new Error('the simulation asks what production refuses')
  const resourceName = boardId === null ? contactCounts.name : contactList.name
  return { resourceName, question: asked.value }
}

/** The place that the origin is asked about, from what the Worker sends it. */
export function placeAsked(resourceName: string, params: unknown, userId: string | null): Place {
  if (resourceName === contactCounts.name) return { ...everything, boardId: null, ownerId: userId }
  const { boardId, columnId, page, filter, search } = contactList.params.parse(params)
  const shown = filter === 'open' || filter === 'high_priority' ? filter : 'all'
  return { boardId, columnId, page, ownerId: userId, filter: shown, isSearch: search !== null }
}
