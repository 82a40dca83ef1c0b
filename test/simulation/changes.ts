import type { DatabaseWebhook } from '../../shared/contract/invalidation.ts'
import { invalidationEventSchema } from '../../shared/contract/invalidation.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { bucketMove, familyMove, type Move } from '../../shared/tags/moves.ts'
import type { Concern } from '../../worker/ledger/concerns.ts'
import { concernOf, unionOf } from '../../worker/ledger/concerns.ts'
import { webhookConcerns } from '../../worker/ledger/webhook-concerns.ts'
import type { Dice } from '../support/dice.ts'
import { type Contact, everythingCached, type Tables } from './database.ts'
import { movesAmongUntold, movesOfWrite } from './outbox-moves.ts'
import { boardIds, columnIds, userIds } from './questions.ts'

/** One change of a workspace's rows, and what the CRM reports about it. */
export interface Change {
  /** The name of the change in the trace. */
  readonly what: string
  readonly concern: Concern
  /** The further moves of its outbox row if it is told while another row of the workspace waits. */
  readonly amongUntold?: readonly Move[]
}

/**
 * Changes rows, or answers null if there was nothing to change. No other change of the workspace has the same
 * `revision`.
 */
export type MakeChange = (
  tables: Tables,
  dice: Dice,
  workspaceId: WorkspaceId,
  revision: number,
) => Change | null

/** Changes rows at random. */
export const changeSomething: MakeChange = (tables, dice, workspaceId, revision) => {
  const kind = dice.pick<MakeChange>([
    ...([createContact, createContact, updateContact, updateContact, moveContact, moveContact] as const),
    ...([deleteContact, assignContact, importContacts, toggleBoard, changeSettings] as const),
    ...([turnFacet, turnFacet, assignContact, assignContact, changeMembers] as const),
  ])
  return kind(tables, dice, workspaceId, revision)
}

const unassigned = { assigneeId: null, isOpen: true, isHigh: false, isSought: false } as const

const createContact: MakeChange = (tables, dice, workspaceId, revision) => {
  const boardId = dice.pickOrNone([...tables.boardIds])
  if (boardId === undefined) return null
  const columnId = dice.pickOrNone(columnIds) ?? ''
  const contact = {
    ...unassigned,
    id: `k${revision}`,
    boardId,
    columnId,
    isSought: dice.happens(0.3),
    revision,
  }
  tables.contacts.set(contact.id, contact)
  return reported(dice, workspaceId, 'contact_created', null, contact)
}

const updateContact: MakeChange = (tables, dice, workspaceId, revision) =>
  alter(tables, dice, workspaceId, 'contact_updated', { revision })

const assignContact: MakeChange = (tables, dice, workspaceId, revision) => {
  const assigneeId = dice.pickOrNone(userIds) ?? null
  return alter(tables, dice, workspaceId, 'contact_assigned', { revision, assigneeId })
}

/** Changes whether the contact meets a filter, and perhaps its name. */
const turnFacet: MakeChange = (tables, dice, workspaceId, revision) => {
  const facet = dice.pick([
    { isOpen: dice.happens(0.5) },
    { isHigh: dice.happens(0.5) },
    { isSought: dice.happens(0.5) },
  ])
  return alter(tables, dice, workspaceId, 'contact_updated', { revision, ...facet })
}

/** Moves a contact to another column, or to another board. Only a webhook reports a move to another board. */
const moveContact: MakeChange = (tables, dice, workspaceId, revision) => {
  const columnId = dice.pickOrNone(columnIds) ?? ''
  const boardId = dice.happens(0.3) ? dice.pickOrNone([...tables.boardIds]) : undefined
  const changes = { revision, columnId, ...(boardId === undefined ? {} : { boardId }) }
  return alter(tables, dice, workspaceId, 'contact_moved', changes)
}

const deleteContact: MakeChange = (tables, dice, workspaceId) => {
  const contact = dice.pickOrNone([...tables.contacts.values()])
  if (contact === undefined) return null
  tables.contacts.delete(contact.id)
  return reported(dice, workspaceId, 'contact_deleted', contact, null)
}

const importContacts: MakeChange = (tables, dice, _workspaceId, revision) => {
  const boardId = dice.pickOrNone([...tables.boardIds])
  if (boardId === undefined) return null
  for (const columnId of columnIds) {
    const id = `k${revision}-${columnId}`
    tables.contacts.set(id, { ...unassigned, id, boardId, columnId, revision })
  }
  return ofEvent({ action: 'contacts_imported', boardId })
}

/** Creates a board, or deletes one together with its contacts. */
const toggleBoard: MakeChange = (tables, dice) => {
  const boardId = dice.pickOrNone(boardIds) ?? ''
  if (tables.boardIds.has(boardId) && dice.happens(0.7)) return null
  if (tables.boardIds.delete(boardId)) {
    for (const { id, boardId: of } of [...tables.contacts.values()])
      if (of === boardId) tables.contacts.delete(id)
  } else tables.boardIds.add(boardId)
  return dice.happens(0.3)
    ? ofEvent({ action: 'workspace_updated' })
    : ofEvent({ action: 'board_updated', boardId })
}

const changeSettings: MakeChange = (tables, dice, workspaceId) => {
  const { settings } = tables
  tables.settings = {
    ...settings,
    cacheEnabled: dice.happens(0.8),
    cacheConfig: { ...settings.cacheConfig, contactsTTL: dice.between(30, 60) },
  }
  return ofWebhook('cache_settings', { workspace_id: workspaceId }, { workspace_id: workspaceId })
}

/** Lets a user into the workspace, or removes a member. */
export const changeMembers: MakeChange = (tables, dice, workspaceId) => {
  const userId = dice.pick(userIds)
  const wasMember = tables.memberIds.delete(userId)
  if (!wasMember) tables.memberIds.add(userId)
  if (dice.happens(0.5))
    return {
      what: `outbox member ${userId}`,
      concern: { scopes: [], moves: [bucketMove('members', userId)] },
    }
  const row = { workspace_id: workspaceId, user_id: userId }
  return ofWebhook('memberships', wasMember ? row : null, wasMember ? null : row)
}

/** Writes settings under which everything is cached, with long lifetimes. */
export const switchCacheOn: MakeChange = (tables, _dice, workspaceId) => {
  tables.settings = everythingCached
  return ofWebhook('cache_settings', { workspace_id: workspaceId }, { workspace_id: workspaceId })
}

/** A change that no trigger sees. Its transaction moves everything, as it must. */
export function unseen(makeChange: MakeChange): MakeChange {
  return (...made) => {
    const change = makeChange(...made)
    const moves = [familyMove('workspace')]
    return change === null ? null : { what: `unseen ${change.what}`, concern: { scopes: [], moves } }
  }
}

function alter(
  tables: Tables,
  dice: Dice,
  workspaceId: WorkspaceId,
  action: string,
  changes: Partial<Contact>,
): Change | null {
  const before = dice.pickOrNone([...tables.contacts.values()])
  if (before === undefined) return null
  const after = { ...before, ...changes }
  tables.contacts.set(after.id, after)
  return reported(dice, workspaceId, action, before, after)
}

/**
 * Reports a change through the database's outbox, through a database webhook, or as the CRM's own event, which may
 * name less than it could.
 */
function reported(
  dice: Dice,
  workspaceId: WorkspaceId,
  action: string,
  before: Contact | null,
  after: Contact | null,
): Change {
  const contact = after ?? before
  if (contact === null) throw new Error('a change has neither a row before it nor one after it')
  if (dice.happens(0.5)) {
    return {
      what: `outbox ${action} ${contact.id}`,
      concern: { scopes: [], moves: movesOfWrite(before, after) },
      amongUntold: movesAmongUntold(before, after),
    }
  }
  const hasChangedBoard = before !== null && after !== null && before.boardId !== after.boardId
  if (hasChangedBoard || dice.happens(0.3))
    return ofWebhook('contacts', rowOf(workspaceId, before), rowOf(workspaceId, after))
  const columns =
    action === 'contact_moved'
      ? { fromColumnId: before?.columnId, toColumnId: after?.columnId }
      : { columnId: contact.columnId }
  return ofEvent({
    action,
    ...(dice.happens(0.1) ? {} : { boardId: contact.boardId }),
    ...(dice.happens(0.2) ? {} : columns),
  })
}

function rowOf(workspaceId: WorkspaceId, contact: Contact | null): Record<string, unknown> | null {
  if (contact === null) return null
  const { id, boardId, columnId, assigneeId } = contact
  return {
    workspace_id: workspaceId,
    board_id: boardId,
    board_column_id: columnId,
    id,
    assigned_to: assigneeId,
  }
}

function ofEvent(event: Record<string, unknown>): Change {
  const parsed = invalidationEventSchema.parse(event)
  return { what: JSON.stringify(event), concern: concernOf(parsed) }
}

function ofWebhook(
  table: string,
  before: Record<string, unknown> | null,
  after: Record<string, unknown> | null,
): Change {
  const webhook: DatabaseWebhook = {
    type: before === null ? 'INSERT' : after === null ? 'DELETE' : 'UPDATE',
    table,
    schema: 'public',
    record: after,
    old_record: before,
  }
  const concerns = webhookConcerns(webhook)
  if (!concerns.ok) throw new Error(`production does not know a row of ${table}`)
  return { what: `webhook ${table} ${webhook.type}`, concern: [...concerns.value.values()].reduce(unionOf) }
}
