import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { resources } from '../../shared/resources/index.ts'
import { familyNamed } from '../../shared/tags/families.ts'
import type { Probe } from './answers.ts'
import { createFigures, findHole, overlookedOf, type Planted } from './proof.ts'
import { readParameterValues } from './questions.ts'
import { longestMs, openRoom, type Room, saltsFor, seed, updatesOfColumns } from './room.ts'
import { writtenOf } from './rows.ts'
import type { Table } from './world.ts'
import { inRole, type Kind, statementOf, type Write } from './writes.ts'

let room: Room
let columnUpdates: readonly Write[]

beforeAll(async () => {
  room = await openRoom()
  columnUpdates = await updatesOfColumns(room)
}, longestMs)

afterAll(async () => {
  await room?.database.stop()
})

/** Those of the updates that one of the statements is like. */
const updatesLike = (statement: RegExp) =>
  columnUpdates.filter(({ statements }) => statements.some((text) => statement.test(text)))
const updatesOf = ({ name }: Table) => updatesLike(new RegExp(`^update ${name.replace('.', '\\.')} t set`))
/** Updates of one row's key, with foreign keys not in force, so that the row goes from one bucket to another. */
function keyUpdatesOf({ name, key }: Table): Write[] {
  const how = writtenOf({ name, key, columns: key })
  if (how.by !== 'statements') return []
  return key.flatMap((column) =>
    (how.values[column] ?? []).flatMap((value) =>
      ['first', 'second', 'third', 'fourth'].map((salt) => {
        const row = `select r.ctid from ${name} r where r.workspace_id = 'w1'
          order by md5(concat_ws(' ', ${key.map((part) => `r.${part}`).join(', ')}, '${salt}')) limit 1`
        return inRole('replica', [`update ${name} set ${column} = ${value} where ctid = (${row})`])
      }),
    ),
  )
}
const partition = () => room.world.partitions.get('w1') ?? ''

/** Makes a function forget something. Fails where its text has no such part any more. */
const replaced = (name: string, part: string, by: string) => `
  do $do$
  declare
    v_text constant text := pg_get_functiondef('private.${name}()'::regprocedure);
  begin
    if strpos(v_text, $part$${part}$part$) = 0 then
      raise exception 'the canary has nothing to replace';
    end if;
    execute replace(v_text, $part$${part}$part$, $by$${by}$by$);
  end
  $do$`

/** As in a random run, one draw of questions need not have the one that shows the hole. */
async function expectFound(planted: readonly Planted[]) {
  const { database, catalog, probesOf } = room
  for (const { what, writes } of planted) expect([what, writes.length > 0]).toEqual([what, true])
  let left = planted
  for (let drawn = 0; drawn < 5 && left.length > 0; drawn += 1) {
    const run = { sql: database.sql, catalog, probes: probesOf(seed + drawn) }
    const overlooked = await overlookedOf(run, left)
    left = left.filter(({ what }) => overlooked.includes(what))
  }
  expect(left.map(({ what }) => what)).toEqual([])
}

describe('the proof finds', () => {
  const priorityBits = 0b111000

  test.each([
    [
      'a trigger that forgets the priority',
      /^update public\.contacts t set/,
      () => replaced('outbox_contacts_updated', 'facets | x', `(facets & ~${priorityBits}) | x`),
    ],
    [
      'a trigger that forgets the old values',
      /^update public\.contacts t set/,
      () => replaced('outbox_contacts_updated', 'from gone c', 'from gone c where false'),
    ],
    [
      'a trigger that forgets whose contact it was',
      /^update public\.contacts t set/,
      () => replaced('outbox_contacts_updated', 'where assigned_to is not null', 'where false'),
    ],
    [
      'a trigger that forgets which lists a contact enters or leaves',
      /^update public\.contacts t set/,
      () => replaced('outbox_contacts_updated', 'where slots <> 0', 'where false'),
    ],
    [
      'a trigger that forgets a contact that a list shows',
      /^update public\.contacts t set/,
      () => replaced('outbox_contacts_updated', 'where contacts_of_workspace <= 8', 'where false'),
    ],
    [
      "a partition's trigger that is gone",
      /^update private\.contacts_/,
      () => `drop trigger ${partition().replace('private.', '')}_outbox_update on ${partition()}`,
    ],
    [
      'a trigger that is off where the role is replica',
      /^update public\.memberships/,
      () => 'alter table public.memberships enable trigger memberships_outbox_update',
    ],
  ])(
    '%s',
    async (what, statement, plant) => {
      await expectFound([{ what, plant: plant(), writes: updatesLike(statement) }])
    },
    longestMs,
  )

  test(
    'each trigger of the outbox that is gone from its table',
    async () => {
      const triggers = await outboxTriggers()
      await expectFound(
        triggers.filter(({ name, isCovered }) => !isCovered && !moveNothingShown.test(name)).flatMap(gone),
      )
    },
    longestMs,
  )

  test(
    'each table that forgets the old values of its rows',
    async () => {
      const both = 'select * from came union all select * from gone'
      const plant = replaced('outbox_rows', both, 'select * from came')
      // A domain that goes elsewhere moves the tag of its company, on which its old answer depends too.
      const tables = (await outboxTriggers()).filter(
        ({ name, table, function: calls, event }) =>
          calls === 'outbox_rows' &&
          event === 'update' &&
          !moveNothingShown.test(name) &&
          table.name !== 'public.company_domains',
      )
      await expectFound(tables.map(({ table }) => ({ what: table.name, plant, writes: keyUpdatesOf(table) })))
    },
    longestMs,
  )

  test(
    'a declaration whose tags lack the place',
    async () => {
      const { database, catalog, probesOf } = room
      const places = familyNamed('place')
      const isOfPlace = (tag: number) => tag >= places.offset && tag < familyNamed('members').offset
      const probes = probesOf(seed).map((probe): Probe => {
        if (probe.kind !== 'contact-list') return probe
        return { ...probe, put: null, tagsOf: (body) => probe.tagsOf(body).filter((tag) => !isOfPlace(tag)) }
      })
      const sequences = updatesLike(/^update public\.contacts/).map((write) => [write])
      const asking = { sql: database.sql, catalog, probes }
      const hole = await findHole({ ...asking, sequences, figures: createFigures() })
      expect(hole?.question).toContain('contact-list')
    },
    longestMs,
  )

  test('a new table, a new column and a new parameter that nobody has given values to', async () => {
    expect(() => writtenOf({ name: 'public.unheard_of', columns: ['id'], key: ['id'] })).toThrow(/unheard_of/)
    expect(() => writtenOf({ name: 'public.boards', columns: ['colour'], key: ['id'] })).toThrow(/colour/)
    const [contactList] = resources
    const widened = { ...contactList, query: contactList.query.extend({ colour: z.string().optional() }) }
    await expect(readParameterValues(room.database.sql, [widened])).rejects.toThrow(/colour/)
  })
})

/**
 * Triggers that move something without which no answer differs today: none shows a board before it has contacts, a column by itself, a
 * workspace that is gone, or one that is new and has no number yet. The other trigger before a truncation of the configurations moves
 * the deployment too.
 */
const moveNothingShown =
  /^(?:board_columns_outbox|boards_outbox_insert|workspaces_outbox|workspaces_deployment_insert|workspace_configurations_deployment_truncate)/

const triggersSchema = z.array(
  z.object({
    name: z.string(),
    table: z.string(),
    function: z.string(),
    event: z.enum(['insert', 'update', 'delete', 'truncate']),
    /** A truncation of the table empties others too, whose triggers move the same. */
    isCovered: z.boolean(),
  }),
)

/** The triggers that move tags, without those of partitions. */
async function outboxTriggers() {
  const rows = await room.database.sql`
    select
      t.tgname as name, c.relnamespace::regnamespace::text || '.' || c.relname as table, p.proname as function,
      case when t.tgtype & 4 > 0 then 'insert' when t.tgtype & 8 > 0 then 'delete' when t.tgtype & 16 > 0 then 'update'
        else 'truncate' end as event,
      t.tgtype & 32 > 0 and exists (select from pg_constraint r where r.contype = 'f' and r.confrelid = c.oid) as "isCovered"
    from pg_trigger t
    join pg_class c on c.oid = t.tgrelid
    join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal and p.proname like 'outbox\\_%' and not c.relispartition
    order by c.relname, t.tgname`
  return triggersSchema
    .parse([...rows])
    .flatMap(({ table: name, ...trigger }) =>
      room.written.filter((table) => table.name === name).map((table) => ({ ...trigger, table })),
    )
}

const kindsOf: Readonly<Record<'insert' | 'update' | 'delete', readonly Kind[]>> = {
  insert: ['insert', 'insert some', 'copy to another key'],
  update: ['update', 'update some columns'],
  delete: ['delete'],
}

function gone({ name, table, event }: Awaited<ReturnType<typeof outboxTriggers>>[number]): Planted[] {
  const what = `${table.name}: ${name}`
  const plant = `drop trigger ${name} on ${table.name}`
  if (event === 'truncate')
    return [{ what, plant, writes: [{ statements: [`truncate ${table.name} cascade`] }] }]
  const drawn = kindsOf[event].flatMap((kind) =>
    saltsFor(what, 40).flatMap((salt) => statementOf(table, kind, salt) ?? []),
  )
  // Without foreign keys, so that only the table's own trigger can move anything.
  const writes = drawn.map((statement) => inRole('replica', [statement]))
  return [{ what, plant, writes: event === 'update' ? [...updatesOf(table), ...writes] : writes }]
}
