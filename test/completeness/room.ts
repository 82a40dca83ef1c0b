import { resources } from '../../shared/resources/index.ts'
import type { Resource } from '../../shared/resources/question.ts'
import { cacheSettings } from '../../shared/resources/workspace/cache-settings.ts'
import { type Database, startDatabase } from '../database/database.ts'
import { createDice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'
import { membershipProbes, type Probe, probeOf } from './answers.ts'
import { firstThatWrites } from './proof.ts'
import { drawQuestions, readParameterValues } from './questions.ts'
import { writtenOf } from './rows.ts'
import { type Catalog, readCatalog } from './touched.ts'
import { fillWorld, type Table, type World, workspaceIds } from './world.ts'
import { inRole, updateOf, type Write } from './writes.ts'

/** A longer run, or another one: test/README.md. */
export const runs = Number(process.env['COMPLETENESS_RUNS'] ?? 24)
export const seed = Number(process.env['COMPLETENESS_SEED'] ?? 12)
export const longestMs = 120_000 + runs * 10_000

/** The tests of this room share this: the database with its world, and everything that can be asked of it and written to it. */
export interface Room {
  readonly database: Database
  readonly world: World
  readonly catalog: Catalog
  /** Everything that is cached under tags. */
  probesOf(questionSeed: number): Probe[]
  /** The tables that are written by statements. */
  readonly written: readonly Table[]
  /** The partitions of a table, that of the first workspace before the others. */
  partitionsOf(table: Table): readonly string[]
  /** The first statement of `make` that writes something, whatever the salt. Fails where there is none. */
  thatWrites(what: string, make: (salt: number) => string | null, role: 'origin' | 'replica'): Promise<Write>
}

export async function openRoom(): Promise<Room> {
  const database = await startDatabase(500)
  const world = await fillWorld(database.sql)
  const cached: readonly Resource[] = [...resources, cacheSettings]
  const values = await readParameterValues(database.sql, cached)
  return {
    ...{ database, world },
    catalog: await readCatalog(database.sql),
    probesOf(questionSeed) {
      const questions = drawQuestions(cached, values, createDice(createRandom(questionSeed)))
      return [...questions.map(probeOf), ...membershipProbes()]
    },
    written: world.tables.filter((table) => writtenOf(table).by === 'statements'),
    partitionsOf: ({ name }) =>
      name === 'public.contacts' ? workspaceIds.flatMap((id) => world.partitions.get(id) ?? []) : [],
    async thatWrites(what, make, role) {
      const salts = saltsFor(what, 400)
      const writes = salts.map(make).flatMap((text) => (text === null ? [] : [inRole(role, [text])]))
      const write = await firstThatWrites(database.sql, writes)
      if (write === null) throw new Error(`no statement of the proof writes ${what}`)
      return write
    },
  }
}

/** Others for each purpose, since the same salt chooses the same rows. */
export function saltsFor(what: string, count: number): number[] {
  const own = createRandom(what.length * 31 + (what.codePointAt(what.length - 2) ?? 0))
  const first = createDice(own).between(0, 9_999)
  return Array.from({ length: count }, (_, step) => first + step)
}

/** An update of each column of each table, by the table and by a partition, with foreign keys in force and without. */
export async function updatesOfColumns({ written, partitionsOf, thatWrites }: Room): Promise<Write[]> {
  const writes: Write[] = []
  for (const table of written) {
    const [partition] = partitionsOf(table)
    for (const column of table.columns) {
      const what = `${table.name}.${column}`
      const by = (name: string | null) => (salt: number) => updateOf(table, column, salt, name)
      writes.push(await thatWrites(what, by(null), 'replica'))
      // With foreign keys in force, a key that others refer to cannot be changed.
      if (!table.key.includes(column)) writes.push(await thatWrites(what, by(null), 'origin'))
      if (partition !== undefined && column !== 'workspace_id')
        writes.push(await thatWrites(what, by(partition), 'replica'))
    }
  }
  return writes
}
