/** The effect of a key in a column while no card is carried. */
type ColumnDeed =
  | { readonly kind: 'row'; readonly row: number }
  | { readonly kind: 'column'; readonly column: number }
  | { readonly kind: 'open' }
  | { readonly kind: 'lift' }

interface Where {
  readonly row: number
  readonly rows: number
  /** How far Page Up and Page Down move. */
  readonly pageRows: number
  readonly column: number
  readonly columns: number
  readonly mayMove: boolean
}

/** Null if a column does not use the key. */
export function columnDeedOf(
  { key, ctrlKey }: { readonly key: string; readonly ctrlKey: boolean },
  { row, rows, pageRows, column, columns, mayMove }: Where,
): ColumnDeed | null {
  const toRow = (next: number): ColumnDeed => ({
    kind: 'row',
    row: Math.min(Math.max(next, 0), Math.max(rows - 1, 0)),
  })
  const toColumn = (next: number): ColumnDeed | null =>
    next >= 0 && next < columns ? { kind: 'column', column: next } : null
  switch (key) {
    case 'ArrowDown':
      return toRow(row + 1)
    case 'ArrowUp':
      return toRow(row - 1)
    case 'PageDown':
      return toRow(row + pageRows)
    case 'PageUp':
      return toRow(row - pageRows)
    case 'Home':
      return ctrlKey ? toColumn(0) : toRow(0)
    case 'End':
      return ctrlKey ? toColumn(columns - 1) : toRow(rows - 1)
    case 'ArrowRight':
      return toColumn(column + 1)
    case 'ArrowLeft':
      return toColumn(column - 1)
    case 'Enter':
      return rows === 0 ? null : { kind: 'open' }
    case ' ':
      return mayMove && rows > 0 ? { kind: 'lift' } : null
    default:
      return null
  }
}
