import type { InvalidationEvent } from '../../shared/contract/invalidation.ts'
import type { BoardId, ColumnId, WorkspaceId } from '../../shared/ids.ts'
import type { Move } from '../../shared/tags/moves.ts'
import { bucketMove, familyMove, placeMove } from '../../shared/tags/moves.ts'
import { allSlotsMask, placeSlotsMask } from '../../shared/tags/places.ts'
import type { LedgerEvent } from './ledger-messages.ts'

/**
 * What an event concerns, as callers are told it: `invalidated` counts scopes, `patterns` name them. Moves are what the ledger is
 * told: they hold digests, from which no board could be named.
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
}

/** An event for a ledger, and what its sender is told of it. */
export interface ScopedEvent extends LedgerEvent {
  readonly scopes: readonly Scope[]
}

export const workspaceConcern: Concern = { scopes: ['workspace'], moves: [familyMove('workspace')] }
export const settingsConcern: Concern = { scopes: ['settings'], moves: [familyMove('settings')] }
const countsConcern: Concern = { scopes: ['counts'], moves: [familyMove('counts')] }
/** All that is cached of a workspace, named kind by kind. */
export const everythingConcern = [countsConcern, settingsConcern].reduce(unionOf, workspaceConcern)

/**
 * What an event concerns. What it leaves out widens it: a contact whose column is not named may stand in any of the board's, and
 * one whose board is not named in any of the workspace's. It names no facets, so all slots of its places move. Too wide costs
 * a load; too narrow would serve what is no longer so.
 */
export function concernOf(event: InvalidationEvent): Concern {
  const { action, boardId, contactId, columnId, fromColumnId, toColumnId } = event
  if (action === 'workspace_updated' || boardId === undefined) return workspaceConcern
  if (action === 'board_updated') return boardConcern(boardId)
  const contact = contactId === undefined ? familyMove('contact') : bucketMove('contact', contactId)
  const ofContact: Concern = { scopes: [], moves: [contact] }
  const named = [columnId, fromColumnId, toColumnId].filter((id) => id !== undefined)
  // A move has two ends: knowing one of them only, the contact may have come from or gone to any other column.
  const areAllNamed =
    action === 'contact_moved' ? fromColumnId !== undefined && toColumnId !== undefined : named.length > 0
  const isOfWholeBoard = action === 'contacts_imported' || !areAllNamed
  return unionOf(isOfWholeBoard ? boardConcern(boardId) : columnsConcern(boardId, named), ofContact)
}

/** Everything of the board, whatever its column, and the counts. */
export function boardConcern(boardId: BoardId): Concern {
  const board: Concern = {
    scopes: [`board:${boardId}`],
    moves: [placeMove(boardId, null, allSlotsMask)],
  }
  return unionOf(board, countsConcern)
}

/** These columns' pages, the board's pages without a column, its searches, and the counts. */
export function columnsConcern(boardId: BoardId, columnIds: readonly ColumnId[]): Concern {
  const columns: Concern = {
    scopes: columnIds.map((columnId): Scope => `column:${boardId}:${columnId}`),
    moves: columnIds.map((columnId) => placeMove(boardId, columnId, placeSlotsMask)),
  }
  const open: Concern = {
    scopes: [`open:${boardId}`],
    moves: [placeMove(boardId, null, placeSlotsMask)],
  }
  return [open, countsConcern].reduce(unionOf, columns)
}

/** All that either concerns, each thing once. */
export function unionOf(one: Concern, other: Concern): Concern {
  return {
    scopes: [...new Set([...one.scopes, ...other.scopes])],
    moves: [...new Set([...one.moves, ...other.moves])],
  }
}

/** The key patterns that scopes stand for, as the CRM knows them: `contacts:<workspace>:<board>:*`. */
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
