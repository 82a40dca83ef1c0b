import { readFile, rm, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import postgres from 'postgres'
import { z } from 'zod'
import { referenceContacts } from '../../origin/local/options.ts'
import { percentile } from '../support/percentile.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { type BenchDatabase, openBenchDatabase, sizesOf } from './database-content.ts'
import { explain, type Plans } from './database-plans.ts'
import { asked, type Question, questionsOf, type Statement } from './database-questions.ts'
import { resourceQuestions } from './database-resources.ts'
import {
  measureImport,
  measureMessages,
  measureUpdates,
  measureWriters,
  type Times,
} from './database-writes.ts'

/**
 * `npm run bench:db -- --contacts N [--data DIR] [--seed N] [--load-only] [--resources-only] [--save FILE] [--against FILE]` measures the origin's
 * queries beside the plain way to write them, on a Postgres of its own with N contacts in a hundred workspaces, two
 * messages and a communication for each contact. Times are taken in the database. Fails if a plan reads a whole table that
 * grows or no query uses an index of contacts. With --data the loaded data are kept for the next run. --save writes the
 * p50 of each question to a file, with which --against compares. --resources-only leaves out boards, counts and their writes.
 */
const options = parseArgs({
  options: {
    contacts: { type: 'string' },
    data: { type: 'string' },
    seed: { type: 'string' },
    save: { type: 'string' },
    against: { type: 'string' },
    'load-only': { type: 'boolean' },
    'resources-only': { type: 'boolean' },
  },
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

const isWhole = options['resources-only'] !== true

const timesSchema = z.array(z.number())

async function measure(sql: postgres.Sql, statements: readonly Statement[]): Promise<number[]> {
  const column = (name: keyof Statement) => statements.map((statement) => statement[name])
  const [row] = await sql`
    select bench.times_of(
      ${column('role')}::text[], ${column('workspace')}::text[], ${column('userId')}::text[], ${column('text')}::text[]
    ) as times`
  return timesSchema.parse(row?.['times'])
}

interface Measured extends Pick<Question, 'name' | 'goalMs'> {
  readonly times: readonly number[]
  readonly naive: readonly number[]
}

/** Asks everything once before it is measured, so that what is read is in memory. */
async function measureQuestions(
  database: BenchDatabase,
  questions: readonly Question[],
): Promise<readonly Measured[]> {
  const sql = postgres(database.url, { max: 1, onnotice: () => undefined })
  const measured: Measured[] = []
  try {
    for (const { name, goalMs, statements, naive } of questions) {
      await measure(sql, statements)
      const times = await measure(sql, statements)
      await measure(sql, naive.slice(0, 1))
      measured.push({ name, goalMs, times, naive: await measure(sql, naive) })
    }
  } finally {
    await sql.end()
  }
  return measured
}

/** A question's p50 may be so many times that of a database a hundredth of the size. */
const growthMax = 1.5

const ms = (value: number) => value.toFixed(value < 10 ? 2 : 1)
const verdict = (isMet: boolean) => (isMet ? 'met' : 'missed')

/** The p50 of each question in an earlier run, from the file that it saved. */
async function earlierFigures(file: string | undefined): Promise<ReadonlyMap<string, number>> {
  if (file === undefined) return new Map()
  const text = await readFile(resolve(file), 'utf8')
  return new Map(Object.entries(z.record(z.string(), z.number()).parse(JSON.parse(text))))
}

async function printQuestions(measured: readonly Measured[]): Promise<void> {
  const earlier = await earlierFigures(options.against)
  const figures: Record<string, number> = {}
  console.log(
    '\n| question | p50 ms | p99 ms | goal p50 | against the other run | plain way p50 ms | ratio |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- |')
  for (const { name, times, naive, goalMs } of measured) {
    const p50 = percentile(times, 0.5)
    figures[name] = p50
    const goal = `${goalMs} (${verdict(p50 <= goalMs)})`
    const other = earlier.get(name)
    const growth =
      other === undefined ? '' : `${(p50 / other).toFixed(2)} × (${verdict(p50 <= growthMax * other)})`
    const plain = percentile(naive, 0.5)
    const against = naive.length === 0 ? ' | ' : `${ms(plain)} | ${(plain / p50).toFixed(1)} ×`
    console.log(
      `| ${name} | ${ms(p50)} | ${ms(percentile(times, 0.99))} | ${goal} | ${growth} | ${against} |`,
    )
  }
  if (options.save !== undefined)
    await writeFile(resolve(options.save), `${JSON.stringify(figures, null, 2)}\n`)
}

function printTimes(what: string, { kept, bare }: Times): void {
  const [with50, without50] = [percentile(kept, 0.5), percentile(bare, 0.5)]
  console.log(
    `| ${what}, committed, fsync on: p50 ms | ${ms(with50)} | ${ms(without50)} | ${(with50 / without50).toFixed(2)} × | 1.5 × (${verdict(with50 <= 1.5 * without50)}) |`,
  )
  console.log(`| the same: p99 ms | ${ms(percentile(kept, 0.99))} | ${ms(percentile(bare, 0.99))} | | |`)
}

async function printWritesOfContacts(database: BenchDatabase): Promise<void> {
  printTimes('one contact updated', await measureUpdates(database))
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
  console.log('\n| how the tables were read | statements |\n| --- | --- |')
  for (const { way, statements } of ways) console.log(`| ${way} | ${statements} |`)
  for (const statement of sequential) console.log(`\nFAILED: a sequential scan for ${statement}`)
  const isUnused = isWhole && unusedIndexes.length > 0
  if (isUnused) console.log(`\nFAILED: no query uses ${unusedIndexes.join(', ')}`)
  if (sequential.length > 0 || isUnused) process.exitCode = 1
}

async function run(dataDirectory: string): Promise<void> {
  const startedAt = performance.now()
  const onProgress = (line: string) =>
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(0)} s: ${line}`)
  const database = await openBenchDatabase({ dataDirectory, contacts, seed, onProgress })
  try {
    const { sql } = database
    if (options['load-only'] === true) return
    await sql`vacuum public.contacts`
    const [row] = await sql`
      select version(),
        (select count(*)::int from public.contacts) as contacts,
        (select count(*)::int from public.messages) as messages,
        (select count(*)::int from public.communications) as communications`
    onProgress('measuring')
    const [cpu] = cpus()
    const count = (name: string) => row?.[name].toLocaleString('en')
    console.log(
      `\n${count('contacts')} contacts, ${count('messages')} messages and ${count('communications')} communications in 100 workspaces; boards are asked for in the one of ${referenceContacts.toLocaleString('en')} contacts; ${cpus().length} cores, ${cpu?.model ?? 'unknown'}; ${row?.['version'].split(' on ')[0]}`,
    )
    const questions = [...(isWhole ? await questionsOf(sql) : []), ...(await resourceQuestions(database))]
    await printQuestions(await measureQuestions(database, questions))
    const explained = questions.flatMap(({ statements }) => statements.slice(0, 3))
    printPlans(await explain(database, isWhole ? [...explained, ...asked()] : explained))
    console.log('\n| size | MB | levels |\n| --- | --- | --- |')
    for (const { name, bytes, levels } of await sizesOf(sql))
      console.log(`| ${name} | ${(bytes / 1e6).toFixed(1)} | ${levels ?? ''} |`)
    console.log('\n| writes | with triggers | without | ratio | goal |\n| --- | --- | --- | --- | --- |')
    printTimes('one message inserted', await measureMessages(database))
    if (isWhole) await printWritesOfContacts(database)
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
