import fc from 'fast-check'
import { createDice, type Dice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'
import { calls, writtenOf } from './rows.ts'
import type { Table, World } from './world.ts'

/** One transaction: its statements, and how a counterexample shows it. */
export interface Write {
  readonly statements: readonly string[]
}

/** The kinds of statements. Each writes any table whose rows are written by statements. */
const kinds = {
  insert,
  'insert some': (target: Target) => insert(target, 3),
  update: (target: Target) => update(target, [target.dice.pick(target.table.columns)]),
  'update some columns': (target: Target) =>
    update(target, target.dice.shuffled(target.table.columns).slice(0, 3)),
  delete: (target: Target) => `delete from ${target.name} t where ${some(target)}`,
  upsert,
  merge,
  /** Rows go and come again in one statement, and two parts of one write the same table. */
  replace: (target: Target) => `
    with gone as (delete from ${target.name} t where ${some(target)} returning t.*) ${insert(target)}`,
  'copy to another key': copy,
} as const

export type Kind = keyof typeof kinds
export const statementKinds = Object.keys(kinds).filter((kind): kind is Kind => kind in kinds)

/** The tables that a statement writes to, and the source of chance. */
interface Target {
  readonly table: Table
  /** As the statement names it: the table, or a partition of it. */
  readonly name: string
  readonly values: Readonly<Record<string, readonly string[]>>
  readonly dice: Dice
}

interface DrawnStatement {
  readonly table: Table
  readonly kind: Kind | 'truncate' | 'move' | 'bulk' | 'call'
  readonly salt: number
  readonly partition: string | null
}

/** Any transaction of one to three statements, in an ordinary session or in one whose role is replica. */
export function writesOf(world: World): fc.Arbitrary<Write> {
  const statement = statementsOf(world)
  return fc
    .record({
      drawn: fc.array(statement, { minLength: 1, maxLength: 3 }),
      role: fc.constantFrom<'origin' | 'replica'>('origin', 'origin', 'origin', 'replica'),
      isUndoneInPart: fc.boolean(),
    })
    .map(({ drawn, role, isUndoneInPart }) => {
      const texts = drawn.map(textOf)
      const [first, ...others] = texts
      const statements =
        isUndoneInPart && first !== undefined && others.length > 0
          ? ['savepoint part', first, 'rollback to savepoint part', ...others]
          : texts
      return inRole(role, statements)
    })
}

export function inRole(role: 'origin' | 'replica', statements: readonly string[]): Write {
  if (role === 'origin') return { statements }
  return {
    statements: [
      'set local session_replication_role = replica',
      ...statements,
      'set local session_replication_role = origin',
    ],
  }
}

/** A statement of this kind, the same for the same salt; null where the table is not written by statements. */
export function statementOf(
  table: Table,
  kind: Kind,
  salt: number,
  partition: string | null = null,
): string | null {
  const target = targetOf(table, salt, partition)
  return target === null ? null : kinds[kind](target)
}

/** An update of one column over some rows. */
export function updateOf(
  table: Table,
  column: string,
  salt: number,
  partition: string | null,
): string | null {
  const target = targetOf(table, salt, partition)
  return target === null ? null : update(target, [column])
}

function statementsOf({ tables, partitions }: World): fc.Arbitrary<DrawnStatement> {
  const byStatements = tables.filter((table) => writtenOf(table).by === 'statements')
  const contacts = byStatements.filter(({ name }) => name === 'public.contacts')
  const kind = fc.constantFrom(...statementKinds)
  const salt = fc.nat(99_999)
  const ofContacts = { table: fc.constantFrom(...contacts), salt }
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        ...{ ...ofContacts, kind },
        partition: fc.constantFrom(null, null, ...partitions.values()),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        ...{ table: fc.constantFrom(...byStatements), kind, salt },
        partition: fc.constant(null),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        ...ofContacts,
        kind: fc.constantFrom<DrawnStatement['kind']>('move', 'move', 'bulk', 'call'),
        partition: fc.constant(null),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        ...{ table: fc.constantFrom(...byStatements), kind: fc.constant('truncate' as const), salt },
        partition: fc.constant(null),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        ...{ ...ofContacts, kind: fc.constant('truncate' as const) },
        partition: fc.constantFrom(...partitions.values()),
      }),
    },
  )
}

function textOf({ table, kind, salt, partition }: DrawnStatement): string {
  const dice = createDice(createRandom(salt))
  switch (kind) {
    case 'call':
      return dice.pick(calls)
    case 'truncate':
      return `truncate ${partition ?? table.name} cascade`
    case 'move':
      return dice.pick([
        `update public.contacts t set board_id = 'b2', board_column_id = 'c1' where ${someOf(dice)}`,
        `update public.contacts t set board_column_id = 'c2' where ${someOf(dice)}`,
        `update public.contacts t set workspace_id = 'w2', id = 'moved-' || workspace_id || id where ${someOf(dice)}`,
        `update public.contacts t set workspace_id = 'w152', id = 'moved-' || workspace_id || id where ${someOf(dice)}`,
      ])
    case 'bulk':
      return `
        insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
        select '${dice.pick(['w1', 'w2'])}', 'bulk-${salt}-' || n, 'b' || 1 + n % 3, 'c1', 'Bulk' from generate_series(1, 60) n`
    default:
      return statementOf(table, kind, salt, partition) ?? ''
  }
}

function targetOf(table: Table, salt: number, partition: string | null): Target | null {
  const how = writtenOf(table)
  if (how.by !== 'statements') return null
  const dice = createDice(createRandom(salt))
  return { table, name: partition ?? table.name, values: how.values, dice }
}

/** Some rows of a table, in one workspace or in all. */
function some({ dice, table: { key, columns } }: Target): string {
  return someOf(dice, key.length === 0 ? columns.slice(0, 2) : key)
}

/** By the row's key, so that the same salt means the same rows whenever it is tried. */
function someOf(dice: Dice, key: readonly string[] = ['workspace_id', 'id']): string {
  const percent = dice.pick([4, 8, 30, 100])
  const salt = dice.between(0, 9_999)
  const workspace = dice.pick(['w1', 'w1', 'w1', 'w2', 'w152', 'w4', '%', '%'])
  return `to_jsonb(t) ->> (case when to_jsonb(t) ? 'workspace_id' then 'workspace_id' else 'id' end) like '${workspace}'
    and abs(hashtext(concat_ws(' ', ${key.map((column) => `t.${column}`).join(', ')}, '${salt}'))) % 100 < ${percent}`
}

function drawValue({ table, values, dice }: Target, column: string): string {
  const known = values[column]
  if (known === undefined) throw new Error(`no values for ${column} of ${table.name}`)
  return dice.pick(known)
}

function row(target: Target): string {
  return `(${target.table.columns.map((column) => drawValue(target, column)).join(', ')})`
}

function insert(target: Target, rows = 1): string {
  const list = Array.from({ length: rows }, () => row(target)).join(', ')
  return `insert into ${target.name} (${target.table.columns.join(', ')}) values ${list}`
}

function update(target: Target, columns: readonly string[]): string {
  const set = columns.map((column) => `${column} = ${drawValue(target, column)}`)
  return `update ${target.name} t set ${set.join(', ')} where ${some(target)}`
}

function upsert(target: Target): string {
  const { key, columns } = target.table
  if (key.length === 0) return insert(target)
  const set = columns
    .filter((column) => !key.includes(column))
    .map((column) => `${column} = excluded.${column}`)
  return `${insert(target)} on conflict (${key.join(', ')}) do update set ${set.join(', ')}`
}

/** One that changes the row of its key, or adds it, and that removes another. */
function merge(target: Target): string {
  const { key, columns } = target.table
  if (key.length === 0) return insert(target)
  const set = columns.filter((column) => !key.includes(column)).map((column) => `${column} = told.${column}`)
  const typed = `select (jsonb_populate_record(null::${target.table.name}, to_jsonb(told))).*
    from (values ${row(target)}) told (${columns.join(', ')})`
  return `merge into ${target.name} t using (${typed}) told
    on ${key.map((column) => `t.${column} = told.${column}`).join(' and ')}
    when matched and ${target.dice.happens(0.3)} then delete
    when matched then update set ${set.join(', ')}
    when not matched then insert (${columns.join(', ')}) values (${columns.map((column) => `told.${column}`).join(', ')})`
}

/** Rows again under another value of the last column of their key. */
function copy(target: Target): string {
  const { key, columns } = target.table
  const last = key.at(-1) ?? columns[0] ?? ''
  const read = columns.map((column) => (column === last ? `${drawValue(target, column)}` : `t.${column}`))
  return `insert into ${target.name} (${columns.join(', ')})
    select ${read.join(', ')} from ${target.name} t where ${some(target)} on conflict do nothing`
}
