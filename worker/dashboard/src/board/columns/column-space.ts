/** Columns of equal width side by side, of which only those in view are in the page. Lengths are in pixels of the page. */
export interface ColumnSpace {
  readonly columns: number
  readonly columnPx: number
  readonly gapPx: number
}

const gapPx = 12
const leastPx = 264
const mostPx = 420
/** On a narrow screen the edge of the next column stays in sight, so that one sees that there is more. */
const peekPx = 36

/** Columns share the width if all of them fit into it. Otherwise they have their least width, and the board scrolls. */
export function columnSpaceOf(widthPx: number, columns: number): ColumnSpace {
  const narrowPx = Math.max(200, Math.min(leastPx, widthPx - peekPx))
  const sharePx = columns === 0 ? 0 : Math.floor((widthPx - gapPx * (columns - 1)) / columns)
  return { columns, columnPx: sharePx >= narrowPx ? Math.min(sharePx, mostPx) : narrowPx, gapPx }
}

/** Where a column begins. */
export function columnStartPx({ columnPx, gapPx: gap }: ColumnSpace, column: number): number {
  return column * (columnPx + gap)
}

export function boardWidthPx(space: ColumnSpace): number {
  return Math.max(0, columnStartPx(space, space.columns) - space.gapPx)
}

/**
 * The columns that are in the page, in their order: those in view, one on each side of them, and those in `kept`, which have the focus
 * or a card that is being carried.
 */
export function columnsInView(
  space: ColumnSpace,
  view: { readonly leftPx: number; readonly widthPx: number },
  kept: readonly number[],
): number[] {
  const stepPx = space.columnPx + space.gapPx
  const first = Math.floor(view.leftPx / stepPx) - 1
  const last = Math.floor((view.leftPx + view.widthPx) / stepPx) + 1
  return Array.from({ length: space.columns }, (_, column) => column).filter(
    (column) => (column >= first && column <= last) || kept.includes(column),
  )
}

/** The column at a distance from the board's beginning. The gap between two columns belongs to the nearer one. */
export function columnAt(space: ColumnSpace, atPx: number): number | null {
  const stepPx = space.columnPx + space.gapPx
  const column = Math.floor((atPx + space.gapPx / 2) / stepPx)
  return column >= 0 && column < space.columns ? column : null
}

/** How far the board has to be scrolled so that a column is wholly in view; as far as it is if it is already. */
export function scrolledTo(
  space: ColumnSpace,
  view: { readonly leftPx: number; readonly widthPx: number },
  column: number,
): number {
  const startPx = columnStartPx(space, column)
  const endPx = startPx + space.columnPx
  if (startPx < view.leftPx) return startPx
  return endPx > view.leftPx + view.widthPx ? endPx - view.widthPx : view.leftPx
}

const edgePx = 56
const fastestPx = 18

/** By how much the board scrolls in a frame while a card is held near its edge: faster the nearer, and not at all inside. */
export function edgeScrollPx(xPx: number, startPx: number, endPx: number): number {
  const nearness = (distancePx: number) => Math.min(1, Math.max(0, 1 - distancePx / edgePx))
  const isNarrow = endPx - startPx < 2 * edgePx
  if (isNarrow) return 0
  return Math.round(fastestPx * (nearness(endPx - xPx) - nearness(xPx - startPx)))
}
