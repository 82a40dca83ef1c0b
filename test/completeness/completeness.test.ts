import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { resources } from '../../shared/resources/index.ts'
import type { Resource } from '../../shared/resources/question.ts'
import { cacheSettings } from '../../shared/resources/workspace/cache-settings.ts'
import { familyNamed } from '../../shared/tags/families.ts'
import { type Database, startDatabase } from '../database/database.ts'
import { createDice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'
import { membershipProbes, type Probe, probeOf } from './answers.ts'
import { createFigures, type Figures, findHole, firstThatWrites, type Hole } from './proof.ts'
import { drawQuestions, type ParameterValues, readParameterValues } from './questions.ts'
import { calls, writtenOf } from './rows.ts'
import { fillWorld, type Table, type World, workspaceIds } from './world.ts'
import { inRole, statementKinds, statementOf, updateOf, type Write, writesOf } from './writes.ts'

/** A longer run, or another one: test/README.md. */
const runs = Number(process.env['COMPLETENESS_RUNS'] ?? 24)
const seed = Number(process.env['COMPLETENESS_SEED'] ?? 12)
const longestMs = 120_000 + runs * 10_000

/** Everything that is cached under tags. */
const cached: readonly Resource[] = [...resources, cacheSettings]

let database: Database
let world: World
let values: ParameterValues
let columnUpdates: readonly Write[]

beforeAll(async () => {
  database = await startDatabase(500)
  world = await fillWorld(database.sql)
  values = await readParameterValues(database.sql, cached)
  columnUpdates = await updatesOfColumns()
}, longestMs)

afterAll(async () => {
  await database.stop()
})

function probesOf(questionSeed: number): Probe[] {
  const questions = drawQuestions(cached, values, createDice(createRandom(questionSeed)))
  return [...questions.map(probeOf), ...membershipProbes()]
}

const byStatements = () => world.tables.filter((table) => writtenOf(table).by === 'statements')
/** The partitions of a table, that of the first workspace before the others. */
const partitionsOf = ({ name }: Table) =>
  name === 'public.contacts' ? workspaceIds.flatMap((id) => world.partitions.get(id) ?? []) : []

/** The first statement of `make` that writes something, whatever the salt. Fails where there is none. */
async function written(what: string, make: (salt: number) => string | null, role: 'origin' | 'replica') {
  // Others for each, since the same salt chooses the same rows.
  const first = createDice(createRandom(what.length * 31 + (what.codePointAt(what.length - 2) ?? 0))).between(
    0,
    9_999,
  )
  const salts = Array.from({ length: 400 }, (_, step) => first + step)
  const writes = salts.map(make).flatMap((text) => (text === null ? [] : [inRole(role, [text])]))
  const write = await firstThatWrites(database.sql, writes)
  if (write === null) throw new Error(`no statement of the proof writes ${what}`)
  return write
}

/** An update of each column of each table, by the table and by a partition, with foreign keys in force and without. */
async function updatesOfColumns(): Promise<Write[]> {
  const writes: Write[] = []
  for (const table of byStatements()) {
    const [partition] = partitionsOf(table)
    for (const column of table.columns) {
      const what = `${table.name}.${column}`
      const by = (name: string | null) => (salt: number) => updateOf(table, column, salt, name)
      writes.push(await written(what, by(null), 'replica'))
      // With foreign keys in force, a key that others refer to cannot be changed.
      if (!table.key.includes(column)) writes.push(await written(what, by(null), 'origin'))
      if (partition !== undefined && column !== 'workspace_id')
        writes.push(await written(what, by(partition), 'replica'))
    }
  }
  return writes
}

const told = (figures: Figures) => {
  const { writes, refused, changed, unchanged, movedInVain } = figures
  const share = (100 * movedInVain) / Math.max(1, unchanged)
  console.log(
    `${writes} writes (${refused} refused) changed ${changed} answers; they left ${unchanged} alone, of which ${share.toFixed(1)} % were moved in vain`,
  )
}

describe('whatever changes an answer moves one of its tags:', () => {
  const holeOf = async (writes: readonly Write[]) => {
    const figures = createFigures()
    const hole = await findHole({
      sql: database.sql,
      probes: probesOf(seed),
      ...{ writes, figures, order: 'independent' },
    })
    expect(figures.refused).toBe(0)
    return hole
  }

  test(
    'an update of each column of each table, by the table and by a partition, with foreign keys and without',
    async () => {
      expect(await holeOf(columnUpdates)).toBeNull()
    },
    longestMs,
  )

  test(
    'each kind of statement on each table, by the table and by a partition',
    async () => {
      const writes: Write[] = []
      for (const table of byStatements()) {
        for (const kind of statementKinds) {
          const what = `${table.name}: ${kind}`
          for (const name of [null, ...partitionsOf(table).slice(0, 1)])
            writes.push(await written(what, (salt) => statementOf(table, kind, salt, name), 'origin'))
        }
        writes.push({ statements: [`truncate ${table.name} cascade`] })
        for (const partition of partitionsOf(table)) writes.push({ statements: [`truncate ${partition}`] })
      }
      expect(await holeOf(writes)).toBeNull()
    },
    longestMs,
  )

  test('each function that writes', async () => {
    expect(await holeOf(calls.map((call) => ({ statements: [call] })))).toBeNull()
  })

  test(
    'random transactions over every table',
    async () => {
      const figures = createFigures()
      const property = fc.asyncProperty(
        fc.nat(),
        fc.array(writesOf(world), { minLength: 1, maxLength: 5 }),
        async (questionSeed, writes) => {
          const probes = probesOf(questionSeed)
          const hole = await findHole({ sql: database.sql, probes, writes, figures, order: 'cumulative' })
          expect(hole).toBeNull()
        },
      )
      // The hole names the one write that made it, so that there is nothing to shrink.
      await fc.assert(property, { seed, numRuns: runs, endOnFailure: true })
      told(figures)
      expect(figures.changed).toBeGreaterThan(figures.writes)
    },
    longestMs,
  )
})

describe('the proof finds', () => {
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
  const priorityBits = 0b111000
  /** Those of the updates that one of the statements is like. */
  const writesLike = (statement: RegExp) =>
    columnUpdates.filter(({ statements }) => statements.some((text) => statement.test(text)))
  const partition = () => world.partitions.get('w1') ?? ''

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
    async (_what, statement, plant) => {
      const writes = writesLike(statement)
      expect(writes).not.toEqual([])
      const run = { sql: database.sql, writes, order: 'independent', plant: plant() } as const
      const holes: (Hole | null)[] = []
      // As in a random run, one draw of questions need not have the one that shows the hole.
      for (let drawn = 0; drawn < 5 && !holes.some((hole) => hole !== null); drawn += 1)
        holes.push(await findHole({ ...run, figures: createFigures(), probes: probesOf(seed + drawn) }))
      expect(holes.at(-1)).not.toBeNull()
    },
    longestMs,
  )

  test(
    'a declaration whose tags lack the place',
    async () => {
      const places = familyNamed('place')
      const isOfPlace = (tag: number) => tag >= places.offset && tag < familyNamed('members').offset
      const probes = probesOf(seed).map((probe): Probe => {
        if (probe.kind !== 'contact-list') return probe
        return { ...probe, put: null, tagsOf: (body) => probe.tagsOf(body).filter((tag) => !isOfPlace(tag)) }
      })
      const run = { sql: database.sql, probes, writes: writesLike(/^update public\.contacts/) }
      const hole = await findHole({ ...run, figures: createFigures(), order: 'independent' })
      expect(hole?.question).toContain('contact-list')
    },
    longestMs,
  )

  test('a new table, a new column and a new parameter that nobody has given values to', async () => {
    expect(() => writtenOf({ name: 'public.messages', columns: ['id'], key: ['id'] })).toThrow(/messages/)
    expect(() => writtenOf({ name: 'public.boards', columns: ['colour'], key: ['id'] })).toThrow(/colour/)
    const [contactList] = resources
    const widened = { ...contactList, query: contactList.query.extend({ colour: z.string().optional() }) }
    await expect(readParameterValues(database.sql, [widened])).rejects.toThrow(/colour/)
  })
})
