/** A cell by its row and field, from 0. */
export interface Cell {
  readonly row: number
  readonly field: number
}

interface Extent {
  readonly rows: number
  readonly fields: number
  /** How far Page Up and Page Down move. */
  readonly pageRows: number
}

/** The cell to which a key moves (WAI-ARIA authoring practices, grid); null if the grid does not use the key. */
export function moved(
  { row, field }: Cell,
  { key, ctrlKey }: { readonly key: string; readonly ctrlKey: boolean },
  { rows, fields, pageRows }: Extent,
): Cell | null {
  const to = (nextRow: number, nextField: number): Cell => ({
    row: Math.min(Math.max(nextRow, 0), Math.max(rows - 1, 0)),
    field: Math.min(Math.max(nextField, 0), fields - 1),
  })
  switch (key) {
    case 'ArrowDown':
      return to(row + 1, field)
    case 'ArrowUp':
      return to(row - 1, field)
    case 'ArrowRight':
      return to(row, field + 1)
    case 'ArrowLeft':
      return to(row, field - 1)
    case 'PageDown':
      return to(row + pageRows, field)
    case 'PageUp':
      return to(row - pageRows, field)
    case 'Home':
      return ctrlKey ? to(0, 0) : to(row, 0)
    case 'End':
      return ctrlKey ? to(rows - 1, fields - 1) : to(row, fields - 1)
    default:
      return null
  }
}
