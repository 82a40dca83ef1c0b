import postgres from 'postgres'
import { z } from 'zod'
import { userIdSchema } from '../../shared/ids.ts'
import { moveSchema, tagsMovedBy } from '../../shared/tags/moves.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { nameOf, partsOf } from '../../shared/tags/tags.ts'
import type { Answered, Probe } from './answers.ts'
import { answersOf, probeOf } from './answers.ts'
import { followersOf } from './questions.ts'
import { type Catalog, writtenBetween, writtenIn } from './touched.ts'
import type { Write } from './writes.ts'

/** An answer that a write changed without moving one of its tags. */
export interface Hole {
  readonly question: string
  readonly statements: readonly string[]
  readonly before: string
  readonly after: string
  readonly tags: readonly string[]
  readonly moved: readonly string[]
}

/** The outcome of the writes so far. */
export interface Figures {
  writes: number
  /** Writes that a constraint refused, which change nothing. */
  refused: number
  /** Answers that a write changed. */
  changed: number
  /** Answers that a write left alone although it moved one of their tags, and all that it left alone. */
  movedInVain: number
  unchanged: number
}

export function createFigures(): Figures {
  return { writes: 0, refused: 0, changed: 0, movedInVain: 0, unchanged: 0 }
}

/** Thrown to roll a transaction back. */
class Undone extends Error {}

interface Asking {
  readonly sql: postgres.Sql
  readonly catalog: Catalog
  readonly probes: readonly Probe[]
}

interface Run extends Asking {
  /** The writes of a sequence find what the ones before them left. Every sequence finds the world as it was at first. */
  readonly sequences: readonly (readonly Write[])[]
  readonly figures: Figures
}

/**
 * Does the writes one after the other, and puts before and after each every question whose answer it can have changed. All of it is
 * one transaction that is rolled back: time stands still in it, so that what differs was changed by the write.
 */
export function findHole({ sequences, figures, ...asking }: Run): Promise<Hole | null> {
  return undone(asking.sql, async (transaction) => {
    const world = await askedWorld(transaction, asking)
    for (const writes of sequences) {
      const hole = await holeOf(world, writes, figures)
      if (hole !== null) return hole
    }
    return null
  })
}

/** A fault that is planted, and the writes of which one must show it. */
export interface Planted {
  readonly what: string
  readonly plant: string
  readonly writes: readonly Write[]
}

/** The planted holes that none of their writes shows. */
export function overlookedOf(asking: Asking, planted: readonly Planted[]): Promise<string[]> {
  return undone(asking.sql, async (transaction) => {
    const world = await askedWorld(transaction, asking)
    const overlooked: string[] = []
    for (const { what, plant, writes } of planted) {
      let isFound = false
      for (const { statements } of writes) {
        const write = { statements: [plant, ...statements] }
        isFound = (await holeOf(world, [write], createFigures())) !== null
        if (isFound) break
      }
      if (!isFound) overlooked.push(what)
    }
    return overlooked
  })
}

/** The hole that a sequence of writes shows. The world is as before afterwards. */
async function holeOf(world: AskedWorld, writes: readonly Write[], figures: Figures): Promise<Hole | null> {
  const { transaction } = world
  await transaction`savepoint sequence`
  let { asked } = world
  let hole: Hole | null = null
  for (const { statements } of writes) {
    const done = await doneBy(world, asked, statements, figures)
    if (done === null) continue
    hole = compare(world, asked, done, figures)
    if (hole !== null) break
    asked = asked.map((each) => ({ ...each, ...done.after.get(each) }))
  }
  await transaction`rollback to savepoint sequence`
  // Savepoints that are not released lie in each other, and what is in many is slow to look at.
  await transaction`release savepoint sequence`
  return hole
}

/** Does one write and puts the questions again that it can concern; null where a constraint refused it. */
async function doneBy(
  { transaction, catalog }: AskedWorld,
  asked: readonly Asked[],
  statements: readonly string[],
  figures: Figures,
): Promise<Done | null> {
  await transaction`delete from private.outbox`
  figures.writes += 1
  const before = await writtenIn(transaction, catalog)
  if ((await rowsWrittenBy(transaction, statements)) === null) {
    figures.refused += 1
    return null
  }
  const written = writtenBetween(catalog, before, await writtenIn(transaction, catalog))
  const moved = await movedIn(transaction)
  const again = asked.filter(({ reads }) => [...written].some((table) => reads.has(table)))
  const now = await answersOf(
    transaction,
    catalog,
    again.map(({ probe }) => probe),
  )
  return { after: new Map(again.map((each, place) => [each, now[place]])), statements, moved }
}

/** The first of the writes that is not refused and that writes a row; null where there is none. */
export function firstThatWrites(sql: postgres.Sql, writes: Iterable<Write>): Promise<Write | null> {
  return undone(sql, async (transaction) => {
    for (const write of writes) {
      await transaction`savepoint write`
      if (((await rowsWrittenBy(transaction, write.statements)) ?? 0) > 0) return write
      await transaction`rollback to savepoint write`
      await transaction`release savepoint write`
    }
    return null
  })
}

async function undone<Value>(
  sql: postgres.Sql,
  work: (transaction: postgres.TransactionSql) => Promise<Value>,
): Promise<Value> {
  const outcome: { value: Value }[] = []
  await sql
    .begin(async (transaction) => {
      outcome.push({ value: await work(transaction) })
      throw new Undone()
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error
    })
  const [done] = outcome
  if (done === undefined) throw new Error('the transaction ended before its work did')
  return done.value
}

/** A question with its answer. */
interface Asked extends Answered {
  readonly probe: Probe
}

interface AskedWorld {
  readonly transaction: postgres.TransactionSql
  readonly catalog: Catalog
  readonly asked: readonly Asked[]
  /** The members that differ although nothing was written, as an instant of the clock does. */
  readonly fleeting: ReadonlySet<string>
}

/** Puts the questions and those that follow from their answers. */
async function askedWorld(
  transaction: postgres.TransactionSql,
  { catalog, probes }: Asking,
): Promise<AskedWorld> {
  // Scans of a parallel worker are not counted.
  await transaction`set local max_parallel_workers_per_gather = 0`
  const first = await answersOf(transaction, catalog, probes)
  const followers = probes.flatMap(({ put }, place) => {
    const answered = first[place]
    return put === null || answered === undefined ? [] : followersOf(put, answered.body).map(probeOf)
  })
  const all = [...probes, ...followers]
  const answers = await answersOf(transaction, catalog, all)
  const fleeting = new Set(
    first.flatMap(({ body }, place) => {
      const [one, other] = [membersOf(body), membersOf(answers[place]?.body ?? body)]
      return Object.keys(one).filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]))
    }),
  )
  const asked = answers.flatMap((answered, place) => {
    const probe = all[place]
    return probe === undefined ? [] : [{ probe, ...answered }]
  })
  return { transaction, catalog, asked, fleeting }
}

/** A constraint is broken, or a statement would write a row twice. Chance may do that. */
const refusals = /^(?:23|21000)/

/** How many rows the statements wrote; null where they were refused, and then nothing is left of them. */
async function rowsWrittenBy(
  sql: postgres.TransactionSql,
  statements: readonly string[],
): Promise<number | null> {
  let rows = 0
  try {
    await sql.savepoint(async (nested) => {
      for (const statement of statements) rows += (await nested.unsafe(statement)).count ?? 0
    })
    return rows
  } catch (error) {
    if (error instanceof postgres.PostgresError && refusals.test(error.code)) return null
    throw new Error(`a statement of the proof is wrong: ${statements.join('; ')}`, { cause: error })
  }
}

/** The moves in the rows of the outbox, by workspace. */
async function movedIn(sql: postgres.TransactionSql): Promise<ReadonlyMap<string, ReadonlySet<Tag>>> {
  const rows = await sql<{ workspaceId: string; tags: string[] }[]>`
    select workspace_id as "workspaceId", tags from private.outbox`
  const byWorkspace = Map.groupBy(rows, ({ workspaceId }) => workspaceId)
  return new Map(
    [...byWorkspace].map(([workspaceId, each]) => [
      workspaceId,
      new Set(each.flatMap(({ tags }) => tags.flatMap((tag) => tagsMovedBy(moveSchema.parse(tag))))),
    ]),
  )
}

interface Done {
  /** The answers of the questions that were put again. The others are as they were. */
  readonly after: ReadonlyMap<Asked, Answered | undefined>
  readonly statements: readonly string[]
  readonly moved: ReadonlyMap<string, ReadonlySet<Tag>>
}

function compare(
  { fleeting }: AskedWorld,
  asked: readonly Asked[],
  { after, statements, moved }: Done,
  figures: Figures,
): Hole | null {
  for (const each of asked) {
    const { probe, body } = each
    if (!probe.isCached(body)) continue
    const movedHere = moved.get(probe.workspaceId) ?? noTags
    const isMoved =
      movedHere.size > 0 && tagsOf(each).some((tag) => partsOf(tag).every((part) => movedHere.has(part)))
    const now = after.get(each)?.body ?? body
    const [was, is] =
      now === body ? ['', ''] : [writtenPartOf(probe, body, fleeting), writtenPartOf(probe, now, fleeting)]
    if (was === is) {
      figures.unchanged += 1
      if (isMoved) figures.movedInVain += 1
      continue
    }
    figures.changed += 1
    if (isMoved) continue
    const [tags, others] = [tagsOf(each), [...movedHere]]
    return {
      ...{ question: probe.label, statements, tags: tags.map(nameOf), moved: others.map(nameOf) },
      ...{ before: was, after: is },
    }
  }
  return null
}

const noTags: ReadonlySet<Tag> = new Set()
const knownTags = new WeakMap<Uint8Array, readonly Tag[]>()

function tagsOf({ probe, body }: Asked): readonly Tag[] {
  const known = knownTags.get(body) ?? probe.tagsOf(body)
  knownTags.set(body, known)
  return known
}

const decoder = new TextDecoder()
const membersSchema = z.record(z.string(), z.unknown())

function membersOf(body: Uint8Array): Readonly<Record<string, unknown>> {
  return membersSchema.safeParse(JSON.parse(decoder.decode(body))).data ?? {}
}

/**
 * The part that a write alone can change. Time stands still here, so nothing passes by itself. An answer that lacks the part of
 * some users names the others as it happens, so only what its declaration compares counts.
 */
function writtenPartOf({ put, comparable }: Probe, body: Uint8Array, fleeting: ReadonlySet<string>): string {
  const declared = comparable?.(body) ?? ''
  const lacksSome = put !== null && put.question.ownOf(body, nobody) !== null
  if (lacksSome && comparable !== null) return declared
  const members = membersOf(body)
  const names = Object.keys(members).filter((name) => !fleeting.has(name))
  return `${JSON.stringify(Object.fromEntries(names.map((name) => [name, members[name]])))} ${declared}`
}

const nobody = userIdSchema.parse('nobody')
