import postgres from 'postgres'
import { z } from 'zod'
import { userIdSchema } from '../../shared/ids.ts'
import { moveSchema, tagsMovedBy } from '../../shared/tags/moves.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { nameOf } from '../../shared/tags/tags.ts'
import type { Probe } from './answers.ts'
import { answersOf, probeOf } from './answers.ts'
import { followersOf } from './questions.ts'
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

interface Run {
  readonly sql: postgres.Sql
  readonly probes: readonly Probe[]
  readonly writes: readonly Write[]
  readonly figures: Figures
  /** `cumulative`: each finds what the ones before it left. `independent`: each finds what the first one found. */
  readonly order: 'cumulative' | 'independent'
  /** Done before everything else: what a canary plants. */
  readonly plant?: string
}

/**
 * Does the writes one after the other, and puts every question before and after each. All of it is one transaction that is
 * rolled back: time stands still in it, so that what differs was changed by the write.
 */
export function findHole({ sql, probes, writes, figures, order, plant }: Run): Promise<Hole | null> {
  return undone(sql, async (transaction) => {
    if (plant !== undefined) await transaction.unsafe(plant)
    const put = await withFollowers(transaction, probes)
    let before = put.answers
    for (const { statements } of writes) {
      await transaction`delete from private.outbox`
      await transaction`savepoint write`
      figures.writes += 1
      if ((await rowsWrittenBy(transaction, statements)) === null) {
        figures.refused += 1
        await transaction`release savepoint write`
        continue
      }
      const moved = await movedIn(transaction)
      const after = await answersOf(transaction, put.probes)
      const hole = compare({ ...put, before, after, statements, moved }, figures)
      if (hole !== null) return hole
      if (order === 'independent') await transaction`rollback to savepoint write`
      else before = after
      // Savepoints that are not released lie in each other, and what is in many is slow to look at.
      await transaction`release savepoint write`
    }
    return null
  })
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

/**
 * The questions and those that follow from their answers, with the answers of all. `fleeting`: the members that differ although
 * nothing was written, as an instant of the clock does.
 */
async function withFollowers(sql: postgres.TransactionSql, probes: readonly Probe[]) {
  const first = await answersOf(sql, probes)
  const followers = probes.flatMap(({ put }, place) => {
    const body = first[place]
    return put === null || body === undefined ? [] : followersOf(put, body).map(probeOf)
  })
  const all = [...probes, ...followers]
  const answers = await answersOf(sql, all)
  const fleeting = new Set(
    first.flatMap((body, place) => {
      const [one, other] = [membersOf(body), membersOf(answers[place] ?? body)]
      return Object.keys(one).filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]))
    }),
  )
  return { probes: all, answers, fleeting }
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

interface Comparison {
  readonly probes: readonly Probe[]
  readonly before: readonly Uint8Array[]
  readonly after: readonly Uint8Array[]
  readonly statements: readonly string[]
  readonly moved: ReadonlyMap<string, ReadonlySet<Tag>>
  readonly fleeting: ReadonlySet<string>
}

function compare(comparison: Comparison, figures: Figures): Hole | null {
  const { probes, before, after, statements, moved, fleeting } = comparison
  for (const [place, probe] of probes.entries()) {
    const [old, now] = [before[place], after[place]]
    if (old === undefined || now === undefined) throw new Error(`${probe.label} has no answer`)
    const tags = probe.tagsOf(old)
    const movedHere = moved.get(probe.workspaceId) ?? new Set()
    const isMoved = tags.some((tag) => movedHere.has(tag))
    const [was, is] = [writtenPartOf(probe, old, fleeting), writtenPartOf(probe, now, fleeting)]
    const isChanged = was !== is
    if (isChanged) figures.changed += 1
    else {
      figures.unchanged += 1
      if (isMoved) figures.movedInVain += 1
    }
    if (!isChanged || isMoved) continue
    return {
      ...{ question: probe.label, statements, tags: tags.map(nameOf), moved: [...movedHere].map(nameOf) },
      ...{ before: was, after: is },
    }
  }
  return null
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
