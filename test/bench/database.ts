import { rm } from 'node:fs/promises'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import postgres from 'postgres'
import { z } from 'zod'
import { referenceContacts } from '../../origin/local/options.ts'
import { percentile } from '../support/percentile.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { type BenchDatabase, openBenchDatabase, sizesOf } from './database-content.ts'
import { beMember, explain, type Plans } from './database-plans.ts'
import { asked, type Question, questionsOf } from './database-questions.ts'
import { measureImport, measureUpdates, measureWriters } from './database-writes.ts'

/**
 * `npm run bench:db -- --contacts N [--data DIR] [--seed N]` measures the origin's queries beside the plain way to
 * write them, on a Postgres of its own with N contacts in a hundred workspaces. Times are taken in the database.
 * Fails if a plan reads a whole table or no query uses an index. With --data the loaded data are kept for the next
 * run.
 */
const options = parseArgs({
  options: { contacts: { type: 'string' }, data: { type: 'string' }, seed: { type: 'string' } },
}).values
const contacts = z.coerce
  .number()
  .int()
  .min(1)
  .max(50_000_000)
  .parse(options.contacts ?? referenceContacts)
const seed = z.coerce
  .number()
  .int()
  .min(0)
  .parse(options.seed ?? 1)

const warmUps = 5
const timesSchema = z.array(z.number())

async function measure(sql: postgres.Sql, statements: readonly string[]): Promise<number[]> {
  const [row] = await sql`select bench.times(${statements}::text[]) as times`
  return timesSchema.parse(row?.['times'])
}

interface Measured extends Pick<Question, 'name' | 'goalMs'> {
  readonly times: readonly number[]
  readonly naive: readonly number[] | null
}

/** Queries as a member, like the origin. The plain way runs as the owner, who is not slowed down by any policy. */
async function measureQuestions(
  database: BenchDatabase,
  questions: readonly Question[],
): Promise<Measured[]> {
  const member = postgres(database.url, { max: 1, onnotice: () => undefined })
  const measured: Measured[] = []
  try {
    await beMember(member)
    for (const { name, goalMs, statements, naive } of questions) {
      await measure(member, statements.slice(0, warmUps))
      const times = await measure(member, statements)
      if (naive !== null) await measure(database.sql, naive.slice(0, 1))
      measured.push({
        name,
        goalMs,
        times,
        naive: naive === null ? null : await measure(database.sql, naive),
      })
    }
  } finally {
    await member.end()
  }
  return measured
}

const ms = (value: number) => value.toFixed(value < 10 ? 2 : 1)
const verdict = (isMet: boolean) => (isMet ? 'met' : 'missed')

function printQuestions(measured: readonly Measured[]): void {
  console.log('\n| question | p50 ms | p99 ms | goal p50 | plain way p50 ms | ratio |')
  console.log('| --- | --- | --- | --- | --- | --- |')
  for (const { name, times, naive, goalMs } of measured) {
    const p50 = percentile(times, 0.5)
    const plain = naive === null ? null : percentile(naive, 0.5)
    const goal = goalMs === null ? '' : `${goalMs} (${verdict(p50 <= goalMs)})`
    const against = plain === null ? ' | ' : `${ms(plain)} | ${(plain / p50).toFixed(1)} ×`
    console.log(`| ${name} | ${ms(p50)} | ${ms(percentile(times, 0.99))} | ${goal} | ${against} |`)
  }
}

async function printWrites(database: BenchDatabase): Promise<void> {
  const updates = await measureUpdates(database)
  const [kept, bare] = [percentile(updates.kept, 0.5), percentile(updates.bare, 0.5)]
  console.log('\n| writes | with triggers | without | ratio | goal |\n| --- | --- | --- | --- | --- |')
  console.log(
    `| one contact updated, committed, fsync on: p50 ms | ${ms(kept)} | ${ms(bare)} | ${(kept / bare).toFixed(2)} × | 1.5 × (${verdict(kept <= 1.5 * bare)}) |`,
  )
  console.log(
    `| the same: p99 ms | ${ms(percentile(updates.kept, 0.99))} | ${ms(percentile(updates.bare, 0.99))} | | |`,
  )
  const imported = await measureImport(database)
  console.log(
    `| 100,000 contacts imported: seconds | ${ms(imported.kept / 1000)} | ${ms(imported.bare / 1000)} | ${(imported.kept / imported.bare).toFixed(2)} × | |`,
  )
  const { inOneWorkspace, inFifty, drift } = await measureWriters(database)
  console.log('\n| 50 writers | updates/s | against 50 workspaces | goal |\n| --- | --- | --- | --- |')
  console.log(`| in 50 workspaces | ${inFifty.toFixed(0)} | 1.00 × | |`)
  console.log(
    `| in one workspace | ${inOneWorkspace.toFixed(0)} | ${(inOneWorkspace / inFifty).toFixed(2)} × | 0.8 × (${verdict(inOneWorkspace >= 0.8 * inFifty)}) |`,
  )
  console.log(`\nCounts that were wrong afterwards: ${drift}`)
  if (drift > 0) process.exitCode = 1
}

function printPlans({ ways, sequential, unusedIndexes }: Plans): void {
  console.log('\n| how contacts were read | statements |\n| --- | --- |')
  for (const { way, statements } of ways) console.log(`| ${way} | ${statements} |`)
  for (const statement of sequential) console.log(`\nFAILED: a sequential scan for ${statement}`)
  if (unusedIndexes.length > 0) console.log(`\nFAILED: no query uses ${unusedIndexes.join(', ')}`)
  if (sequential.length + unusedIndexes.length > 0) process.exitCode = 1
}

async function run(dataDirectory: string): Promise<void> {
  const startedAt = performance.now()
  const onProgress = (line: string) =>
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(0)} s: ${line}`)
  const database = await openBenchDatabase({ dataDirectory, contacts, seed, onProgress })
  try {
    const { sql } = database
    await sql`vacuum public.contacts`
    const [row] = await sql`select count(*)::int as contacts, version() from public.contacts`
    onProgress('measuring')
    const [cpu] = cpus()
    console.log(
      `\n${row?.['contacts'].toLocaleString('en')} contacts in 100 workspaces, ${referenceContacts.toLocaleString('en')} of them in the one that is queried; ${cpus().length} cores, ${cpu?.model ?? 'unknown'}; ${row?.['version'].split(' on ')[0]}`,
    )
    const questions = await questionsOf(sql)
    printQuestions(await measureQuestions(database, questions))
    printPlans(
      await explain(database, [...questions.flatMap(({ statements }) => statements.slice(0, 3)), ...asked()]),
    )
    console.log('\n| size | MB |\n| --- | --- |')
    for (const { name, bytes } of await sizesOf(sql)) console.log(`| ${name} | ${(bytes / 1e6).toFixed(0)} |`)
    await printWrites(database)
    onProgress('done')
  } finally {
    await database.stop()
  }
}

if (options.data !== undefined) await run(resolve(options.data))
else {
  const folder = await makeDataDirectory()
  await run(folder).finally(() => rm(folder, { recursive: true, force: true }))
}
