import { orderValue, placeValue } from '../../../../shared/tags/places.ts'
import { bucketNumber } from '../../../../shared/tags/tags.ts'
import type { Board } from '../api/directory.ts'
import { meaningOf } from '../inspector/tag-words.ts'

/** The boards and columns that a bucket may stand for. Several can share one. */
export type PlaceNames = ReadonlyMap<number, readonly { readonly board: Board; readonly name: string }[]>

/** Computing a bucket takes a digest, and a workspace may have 500,000 columns. Later ones have no names here. */
const placesMax = 2_000

/** A tag has only a digest of a place, so the names are found by computing the bucket of every place that there is. */
export function placeNames(boards: readonly Board[]): PlaceNames {
  const places = boards
    .flatMap((board) => [
      { board, columnId: null, name: board.name },
      ...board.board_columns.map(({ id, name }) => ({ board, columnId: id, name: `${board.name}, ${name}` })),
    ])
    .slice(0, placesMax)
  const names = new Map<number, { board: Board; name: string }[]>()
  for (const { board, columnId, name } of places) {
    for (const value of [placeValue(board.id, columnId), orderValue(board.id, columnId)]) {
      const bucket = bucketNumber('place', value)
      names.set(bucket, [...(names.get(bucket) ?? []), { board, name }])
    }
  }
  return names
}

const placeMove = /^place#(\d+)#([0-9a-f]{1,4})$/

/** Says in words what a moved tag stands for. */
export function meaningOfMove(move: string, names: PlaceNames): string {
  const [, bucket, mask] = placeMove.exec(move) ?? []
  if (bucket === undefined || mask === undefined) return meaningOf(move)
  const known = [...new Set((names.get(Number(bucket)) ?? []).map(({ name }) => name))]
  const filters = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length
  return `${known.join(' or ') || 'a board or column'}: ${filters} of its 16 filters`
}

/** The boards that moved tags may stand for, each once. */
export function boardsOf(moves: readonly string[], names: PlaceNames): Board[] {
  const found = moves.flatMap((move) => names.get(Number(placeMove.exec(move)?.[1] ?? -1)) ?? [])
  return [...new Map(found.map(({ board }) => [board.id, board])).values()]
}
