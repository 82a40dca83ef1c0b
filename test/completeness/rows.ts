import { tableGroups } from './tables/index.ts'
import type { Written } from './tables/values.ts'
import type { Table } from './world.ts'

/** Every table of the migrations. A new one is added to a group, and a new column with the values that it can have. */
const written: Readonly<Record<string, Written>> = Object.assign(
  {},
  ...tableGroups.map((group) => group.written),
)

/** Functions that write for their callers, in the order of the tables that they are about. */
export const calls: readonly string[] = [
  ...Object.values(written).flatMap((how) => (how.by === 'calls' ? how.calls : [])),
  ...tableGroups.flatMap((group) => group.calls),
]

/** How the table is written. Throws where nobody has said so, or not of each of its columns. */
export function writtenOf({ name: table, columns }: Table): Written {
  const how = written[table]
  if (how === undefined) throw new Error(`completeness/rows.ts does not say how ${table} is written`)
  if (how.by !== 'statements') return how
  for (const column of columns)
    if (how.values[column] === undefined)
      throw new Error(`completeness/rows.ts has no values for the column ${column} of ${table}`)
  return how
}
