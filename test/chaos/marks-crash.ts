import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import postgres from 'postgres'
import { takePort } from '../../origin/local/ports.ts'
import { createPostgresPiece } from '../../origin/local/postgres.ts'
import { createDice, type Dice } from '../support/dice.ts'
import { placeDatabase } from '../support/made-databases.ts'
import { createRandom } from '../support/random.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { createMarksWorld, createSubjects, isolates, type MarksWorld, type Subject } from './marks-world.ts'

/**
 * `npm run chaos:marks -- --minutes 10 --seed 1` exits with 1 if an answer claims an instant and lacks what was committed before it.
 *
 * On a real Postgres, 50 writers count 50 contacts up. Some of their transactions stay open for seconds. Rows of the outbox are
 * parked. Production's relay runs in processes of its own, one or two at a time, which are killed (SIGKILL) again and again.
 * Production's ledgers, marks and read path are in this process, and readers read all contacts without pause. A writer notes
 * the time once its commit has returned; whatever is proved for a later instant must show it. All clocks are this machine's.
 *
 * With `--forgetful`, marks except no parked rows. A run that does not find this proves nothing.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    forgetful: { type: 'boolean', default: false },
  },
})

interface Tally {
  commits: number
  reads: number
  /** Answers from entries that a mark had proved since they were loaded. */
  proved: number
  kills: number
  readonly contradictions: string[]
}

/** For each contact, the times at which its commits had returned: the number is the position. */
type Commits = ReadonlyMap<Subject, number[]>

const internalAuthKey = 'the key of this run alone'
const parkedForMs = 4_000
const connections = 50
const failuresShown = 5

const dice = createDice(createRandom(Number(values.seed)))
const tally: Tally = { commits: 0, reads: 0, proved: 0, kills: 0, contradictions: [] }

const folder = await makeDataDirectory()
await placeDatabase(folder, { contacts: 500, seed: 1 })
const settings = ['shared_buffers=128MB', 'max_connections=120', 'fsync=off']
const server = createPostgresPiece(folder, await takePort(0), settings)
await server.start()
const sql = postgres(server.url, { max: connections + 10, onnotice: () => undefined })
const endMs = Date.now() + Number(values.minutes) * 60_000
const isOver = () => Date.now() >= endMs
try {
  if (values.forgetful) await forgetParkedRows()
  const subjects = await createSubjects(sql)
  const commits: Commits = new Map(subjects.map((subject) => [subject, [Date.now()]]))
  const world = createMarksWorld(sql)
  const worker = createServer((request, response) => {
    void text(request).then(async (body) => {
      const data = await world.receive(request.url ?? '', JSON.parse(body)).catch(() => null)
      response.writeHead(data === null ? 500 : 200, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify({ success: data !== null, data }))
    })
  })
  const port = await takePort(0)
  await new Promise<void>((resolve) => worker.listen(port, '127.0.0.1', resolve))
  await Promise.all([
    ...subjects.map((subject) => write(subject, commits)),
    ...[0, 1].map((index) => runRelays(port, index)),
    parkRows(),
    read(world, subjects, commits),
  ])
  worker.closeAllConnections()
  worker.close()
} finally {
  await sql.end({ timeout: 1 })
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}
const { contradictions } = tally
for (const each of contradictions.slice(0, failuresShown)) console.log(each)
console.log(
  `${tally.commits} commits, ${tally.kills} kills, ${tally.reads} reads, ${tally.proved} of them proved by a mark, ${contradictions.length} contradictions`,
)
process.exit(contradictions.length > 0 || tally.proved === 0 ? 1 : 0)

async function write(subject: Subject, commits: Commits): Promise<void> {
  const { workspaceId, contactId } = subject
  // What is written all the time is loaded all the time, and never proved.
  const [leastMs, mostMs] = dice.happens(0.5) ? [100, 4_000] : [4_000, 20_000]
  for (let number = 1; !isOver(); number += 1) {
    await pause(Math.min(dice.between(leastMs, mostMs), Math.max(0, endMs - Date.now())))
    if (isOver()) return
    await sql
      .begin(async (transaction) => {
        await transaction`
          update contacts set name = ${String(number)} where workspace_id = ${workspaceId} and id = ${contactId}`
        if (dice.happens(0.1))
          await pause(Math.min(dice.between(1_000, 20_000), Math.max(0, endMs - Date.now())))
      })
      .then(() => commits.get(subject)?.push(Date.now()))
    tally.commits += 1
  }
}

async function runRelays(port: number, index: number): Promise<void> {
  const script = fileURLToPath(new URL('mark-relay.ts', import.meta.url))
  const env = {
    ...process.env,
    DATABASE_URL: server.url,
    WORKER_URL: `http://127.0.0.1:${port}`,
    INTERNAL_AUTH_KEY: internalAuthKey,
  }
  // The second process runs now and then.
  if (index === 1) await pause(dice.between(1_000, 5_000))
  for (let started = 0; !isOver(); started += 1) {
    const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'ignore', 'inherit'] })
    const exited = new Promise((resolve) => child.once('exit', resolve))
    // The first one marks before the ledgers ask for the second time, so that a short run proves something.
    const livesMs = index === 0 && started === 0 ? 11_000 : lifeMs(dice)
    await pause(Math.min(livesMs, Math.max(0, endMs - Date.now())))
    child.kill('SIGKILL')
    await exited
    tally.kills += 1
    if (index === 1) await pause(Math.min(dice.between(2_000, 15_000), Math.max(0, endMs - Date.now())))
  }
}

/** Some processes are killed before they have marked anything, and some mark for a while. */
function lifeMs(dice: Dice): number {
  return dice.happens(0.3) ? dice.between(500, 3_000) : dice.between(6_000, 15_000)
}

async function parkRows(): Promise<void> {
  while (!isOver()) {
    await pause(dice.between(100, 600))
    await sql`
      update private.outbox set parked_at = clock_timestamp(), attempts = 20,
        due_at = clock_timestamp() + interval '1 millisecond' * ${parkedForMs}
      where id in (
        select id from private.outbox where parked_at is null order by id limit 3 for update skip locked
      )`
  }
}

async function read(world: MarksWorld, subjects: readonly Subject[], commits: Commits): Promise<void> {
  while (!isOver()) {
    for (const subject of dice.shuffled(subjects)) {
      const given = await world.read(subject, dice.between(0, isolates - 1))
      if (given === null) continue
      tally.reads += 1
      const { number, status, createdAtMs, currentAtMs } = given
      if (currentAtMs <= createdAtMs) continue
      tally.proved += 1
      const missed = (commits.get(subject) ?? []).findIndex((atMs, own) => own > number && atMs < currentAtMs)
      if (missed < 0) continue
      const { workspaceId, contactId } = subject
      const beforeMs = currentAtMs - (commits.get(subject)?.[missed] ?? 0)
      tally.contradictions.push(
        `${workspaceId} ${contactId} (${status}) was given as ${number}, though ${missed} was committed ${beforeMs} ms before the proof`,
      )
      if (tally.contradictions.length > 100) return
    }
    await pause(5)
  }
}

/** Plants a fault: marks except no rows that are parked. */
async function forgetParkedRows(): Promise<void> {
  const [row] = await sql`
    select pg_get_functiondef('public.mark_untold(text, text, text, integer)'::regprocedure) as text`
  const source = String(row?.['text'])
  const planted = source.replace(
    'where pg_visible_in_snapshot',
    'where o.parked_at is null and pg_visible_in_snapshot',
  )
  if (planted === source) throw new Error('the fault could not be planted')
  await sql.unsafe(planted)
}
