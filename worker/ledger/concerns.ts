import type { InvalidationEvent } from '../../shared/contract/invalidation.ts'
import type { BoardId, ColumnId, ContactId, WorkspaceId } from '../../shared/ids.ts'
import type { Move } from '../../shared/tags/moves.ts'
import { bucketMove, familyMove, orderMove, placeMove } from '../../shared/tags/moves.ts'
import { allSlotsMask, placeSlotsMask } from '../../shared/tags/places.ts'
import type { LedgerEvent } from './ledger-messages.ts'

/**
 * A part of the workspace that an event concerns, as the answer names it: `invalidated` counts scopes, and `patterns` names them.
 * The ledger gets moves instead, which contain digests and name no board.
 */
export type Scope =
  | 'workspace'
  | 'counts'
  | 'settings'
  | 'members'
  | `board:${BoardId}`
  | `open:${BoardId}`
  | `column:${BoardId}:${ColumnId}`

export interface Concern {
  readonly scopes: readonly Scope[]
  readonly moves: readonly Move[]
  /** Whether the workspace's name or configuration may have changed, which entries of the deployment show (organizations by number). */
  readonly changesOrganization?: true
}

/** An event for a ledger, with the scopes that its sender gets in the answer. */
export interface ScopedEvent extends LedgerEvent {
  readonly scopes: readonly Scope[]
  readonly changesOrganization?: true
}

export const workspaceConcern: Concern = { scopes: ['workspace'], moves: [familyMove('workspace')] }
export const settingsConcern: Concern = { scopes: ['settings'], moves: [familyMove('settings')] }
const countsConcern: Concern = { scopes: ['counts'], moves: [familyMove('counts')] }
/** Every entry of a workspace, and what the deployment shows of the workspace itself. */
const workspaceUpdatedConcern: Concern = { ...workspaceConcern, changesOrganization: true }
/** The same, with a scope for each kind of entry. */
export const everythingConcern = [countsConcern, settingsConcern].reduce(unionOf, workspaceUpdatedConcern)

/**
 * The concern of an event. A field that the event omits widens it: without a column the contact may be in any column of the
 * board, and without a board in any of the workspace's. An event names no facets, so all slots of its places move. A concern that
 * is too wide costs a load; one that is too narrow would serve outdated answers.
 */
export function concernOf(event: InvalidationEvent): Concern {
  const { action, boardId, contactId, columnId, fromColumnId, toColumnId } = event
  if (action === 'workspace_updated') return workspaceUpdatedConcern
  if (boardId === undefined) return workspaceConcern
  if (action === 'board_updated') return boardConcern(boardId)
  const ofContact: Concern = { scopes: [], moves: movesOfContact(action, contactId) }
  const named = [columnId, fromColumnId, toColumnId].filter((id) => id !== undefined)
  // A move has two columns. If only one is named, the contact may have come from or gone to any other one.
  const areAllNamed =
    action === 'contact_moved' ? fromColumnId !== undefined && toColumnId !== undefined : named.length > 0
  const isOfWholeBoard = action === 'contacts_imported' || !areAllNamed
  return unionOf(isOfWholeBoard ? boardConcern(boardId) : columnsConcern(boardId, named), ofContact)
}

/** The actions after which a contact, and with it every answer about its conversations, is there or is no longer there. */
const comeOrGo: ReadonlySet<InvalidationEvent['action']> = new Set([
  'contact_created',
  'contact_deleted',
  'contacts_imported',
])

/**
 * The moves of what shows a contact besides the pages of its board. An event names no values, so what is kept for each assignee or
 * segment moves as a family. Lookups have the tag of the contact that they show; those that will show another one after the
 * event move as a family only if contacts come or go. An update may give a contact another number as well: the database's own
 * report moves that, since moving all lookups at every update would leave none of them cached for the next call.
 */
function movesOfContact(action: InvalidationEvent['action'], contactId: ContactId | undefined): Move[] {
  const ofFamily = (family: 'contact' | 'conversation') =>
    contactId === undefined ? familyMove(family) : bucketMove(family, contactId)
  const always = [ofFamily('contact'), familyMove('user'), familyMove('segment')]
  if (!comeOrGo.has(action)) return always
  return [...always, ofFamily('conversation'), familyMove('email'), familyMove('phone')]
}

/** Every page of the board, in all its columns, and the counts. */
export function boardConcern(boardId: BoardId): Concern {
  const board: Concern = {
    scopes: [`board:${boardId}`],
    moves: [placeMove(boardId, null, allSlotsMask)],
  }
  return unionOf(board, countsConcern)
}

/** The pages of these columns, the board's pages without a column, its searches, and the counts. */
export function columnsConcern(boardId: BoardId, columnIds: readonly ColumnId[]): Concern {
  const columns: Concern = {
    scopes: columnIds.map((columnId): Scope => `column:${boardId}:${columnId}`),
    moves: columnIds.flatMap((columnId) => movesOfPlace(boardId, columnId)),
  }
  const open: Concern = {
    scopes: [`open:${boardId}`],
    moves: movesOfPlace(boardId, null),
  }
  return [open, countsConcern].reduce(unionOf, columns)
}

/** Every filter of a place, and the order of all its lists. */
function movesOfPlace(boardId: BoardId, columnId: ColumnId | null): Move[] {
  return [placeMove, orderMove].map((move) => move(boardId, columnId, placeSlotsMask))
}

/** The union of two concerns, without duplicates. */
export function unionOf(one: Concern, other: Concern): Concern {
  return {
    scopes: [...new Set([...one.scopes, ...other.scopes])],
    moves: [...new Set([...one.moves, ...other.moves])],
    ...(one.changesOrganization || other.changesOrganization ? { changesOrganization: true } : {}),
  }
}

/** The key patterns of scopes in the CRM's notation: `contacts:<workspace>:<board>:*`. */
export function patternsOf(workspaceId: WorkspaceId, scopes: readonly Scope[]): string[] {
  const patterns = scopes.flatMap((scope) => {
    if (scope === 'workspace') {
      return ['counts', 'contacts', 'search'].map((kind) => `${kind}:${workspaceId}:*`)
    }
    if (scope === 'counts' || scope === 'settings' || scope === 'members') return `${scope}:${workspaceId}:*`
    return `contacts:${workspaceId}:${scope.split(':')[1]}:*`
  })
  return [...new Set(patterns)]
}
