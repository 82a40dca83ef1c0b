import type { Drag, Move } from './card-drag.ts'

/** The sentence that a screen reader says after a change of what is carried; null if there is nothing to say. */
export function dragWords(
  before: Drag,
  after: Drag,
  move: Move | null,
  columnNames: readonly string[],
): string | null {
  const nameOf = (column: number) => columnNames[column] ?? ''
  const place = (column: number) => `${nameOf(column)}, column ${column + 1} of ${columnNames.length}`
  if (move !== null) return `Moving ${move.card.name} to ${nameOf(move.to)}.`
  if (after.phase !== 'carried') {
    return before.phase === 'carried'
      ? `${before.card.name} stays in ${nameOf(before.from)}. Nothing was moved.`
      : null
  }
  if (before.phase !== 'carried') {
    const how =
      after.by === 'keys'
        ? ' The arrow keys left and right choose a column, the space bar moves, Escape leaves it here.'
        : ''
    return `Lifted ${after.card.name} from ${place(after.from)}.${how}`
  }
  if (before.over === after.over) return null
  return after.over === null ? 'Over no column.' : `Over ${place(after.over)}.`
}
