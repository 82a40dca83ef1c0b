import { Segments } from '../../parts/segments.tsx'
import { useChoices } from '../../routing.ts'
import { shapeIn } from './board-shape.ts'

const shapes = [
  { value: 'list', title: 'List' },
  { value: 'columns', title: 'Columns' },
] as const

/** The choice between one list of contacts and a column for each of the board's columns. */
export function BoardViewSwitch() {
  const { query, choose } = useChoices()
  return (
    <Segments
      label="Shown as"
      value={shapeIn(query)}
      options={shapes}
      onChange={(shape) => choose({ view: shape === 'list' ? null : shape })}
    />
  )
}
