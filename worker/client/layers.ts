import type { Json, JsonObject } from '../../shared/live/json-value.ts'
import { isJsonObject } from '../../shared/live/json-value.ts'

/** A write of this client that answers may not contain yet. It is laid over each of them. */
export interface Layer {
  readonly contactId: string
  /** The contact before the write, as an answer has it; null if there was none, undefined if no answer has it. */
  readonly before: JsonObject | null | undefined
  /** The contact after the write; null if it is gone. `row` is undefined where the answer does not have the contact. */
  edit: (row: JsonObject | undefined) => JsonObject | null
  /** Null until it is known. An answer of this version or a later one contains the write. */
  version: number | null
  /** Whether an answer without a known version contains the write, which is committed; null until it is. */
  isIn: ((row: JsonObject | undefined) => boolean) | null
}

/** An answer with the writes laid over it that it does not contain. */
export function laidOver(
  path: string,
  data: JsonObject | null,
  version: number | null,
  layers: readonly Layer[],
): { readonly data: JsonObject | null; readonly isPending: boolean } {
  let shown = data
  for (const layer of layers) {
    if (shown === null || data === null) break
    const isContained =
      layer.version === null
        ? layer.isIn?.(rowIn(data, layer.contactId))
        : version !== null && version >= layer.version
    if (isContained !== true) shown = withLayer(path, shown, layer)
  }
  return { data: shown, isPending: shown !== data }
}

/** The contact of this id in an answer: in a list, or as the answer itself. */
export function rowIn(data: JsonObject, contactId: string): JsonObject | undefined {
  const { contacts, contact } = data
  if (Array.isArray(contacts)) return contacts.filter(isJsonObject).find(({ id }) => id === contactId)
  return isJsonObject(contact) && contact['id'] === contactId ? contact : undefined
}

function withLayer(path: string, data: JsonObject, layer: Layer): JsonObject | null {
  const row = rowIn(data, layer.contactId)
  const { contacts, pagination } = data
  if (Array.isArray(contacts) && isJsonObject(pagination)) {
    return row === undefined
      ? withInserted(path, data, contacts, pagination, layer)
      : withEdited(path, data, contacts, row, layer)
  }
  if (row === undefined) return data
  const contact = layer.edit(row)
  return contact === null ? null : same(contact, row) ? data : { ...data, contact }
}

function withEdited(
  path: string,
  data: JsonObject,
  contacts: readonly Json[],
  row: JsonObject,
  layer: Layer,
): JsonObject {
  const edited = layer.edit(row)
  if (edited !== null && same(edited, row)) return data
  const isGone = edited === null || !isPlacedIn(path, edited)
  return {
    ...data,
    contacts: isGone
      ? contacts.filter((each) => each !== row)
      : contacts.map((each) => (each === row ? edited : each)),
    ...(isGone ? { pagination: counted(data['pagination'], -1) } : {}),
  }
}

/**
 * A contact that is new to a board or to a column shows in its place on the first page. Only the database knows which searches and filters
 * it fits, and on which page a contact is that was in the list before.
 */
function withInserted(
  path: string,
  data: JsonObject,
  contacts: readonly Json[],
  pagination: JsonObject,
  layer: Layer,
): JsonObject {
  const { before: earlier } = layer
  if (earlier === undefined || (earlier !== null && isPlacedIn(path, earlier))) return data
  const contact = layer.edit(undefined)
  const query = queryOf(path)
  const isWhole = !query.has('search') && (query.get('filter') ?? 'all') === 'all'
  if (
    contact === null ||
    !isWhole ||
    pagination['page'] !== 1 ||
    query.has('cursor') ||
    !isPlacedIn(path, contact)
  )
    return data
  const sortBy = query.get('sort_by') ?? 'created_at'
  const sign = query.get('sort_order') === 'asc' ? 1 : -1
  const key = contact[sortBy]
  const isBefore = (each: Json) => isJsonObject(each) && compare(each[sortBy], key) * sign < 0
  const before = contacts.filter(isBefore)
  const listed = [...before, contact, ...contacts.filter((each) => !isBefore(each))]
  const perPage = Number(pagination['per_page'])
  return { ...data, contacts: listed.slice(0, perPage), pagination: counted(pagination, 1) }
}

const queryOf = (path: string) => new URLSearchParams(path.split('?')[1] ?? '')

/** Whether the list of this path is of the board and column that the contact is in. */
function isPlacedIn(path: string, contact: JsonObject): boolean {
  const board = /^\/api\/boards\/([^/?]+)\//.exec(path)?.[1]
  const column = queryOf(path).get('column_id')
  const isOnBoard = board === undefined || decodeURIComponent(board) === contact['board_id']
  return isOnBoard && (column === null || column === contact['board_column_id'])
}

function counted(pagination: Json | undefined, more: number): Json {
  if (!isJsonObject(pagination)) return null
  return { ...pagination, total: Math.max(0, Number(pagination['total']) + more) }
}

function compare(one: Json | undefined, other: Json | undefined): number {
  const [a, b] = [String(one), String(other)]
  return a < b ? -1 : a > b ? 1 : 0
}

function same(one: JsonObject, other: JsonObject): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
