export type BoardShape = 'list' | 'columns'

/** How the address asks to show the board. */
export function shapeIn(query: URLSearchParams): BoardShape {
  return query.get('view') === 'columns' ? 'columns' : 'list'
}
