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
import { createDice } from '../support/dice.ts'
import { placeDatabase } from '../support/made-databases.ts'
import { createRandom } from '../support/random.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import {
  createMarksWorld,
  createSubjects,
  type Given,
  isolates,
  type MarksWorld,
  type Subject,
} from './marks-world.ts'

/**
 * `npm run chaos:marks -- --minutes 10 --seed 1` exits with 1 if an answer claims an instant and lacks what was committed before it,
 * and if too few answers were given by proof alone for the run to say anything.
 *
 * On a real Postgres, 50 writers count 50 contacts up. Some of their transactions stay open for seconds, some for minutes. Rows of the
 * outbox are parked. Production's relay runs in processes of its own, one or two at a time, which are killed (SIGKILL) again and
 * again. Production's ledgers, marks and read path are in this process, and ledgers and marks begin again from their storage now and
 * then. Readers read all contacts without pause, with a lifetime of seconds, so that after it only a mark keeps an entry.
 *
 * A commit counts from the moment at which a query of the primary showed it, or at which its writer had its answer, whichever
 * came first. Whatever is proved for a later instant must show it. All clocks are this machine's.
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
  /** Those of them that were hits although the lifetime since their load had ended. */
  byProofAlone: number
  kills: number
  restarts: number
  readonly contradictions: string[]
}

/** For each contact, the instants from which on its numbers were committed: the number is the position. */
type Commits = ReadonlyMap<Subject, number[]>

const internalAuthKey = 'the key of this run alone'
const parkedForMs = 4_000
const connections = 50
/** The run goes on for as long as this after its time, until enough answers were given by proof alone. */
const extraMs = 60_000
const byProofAloneMin = 500 + 1_000 * Number(values.minutes)

const dice = createDice(createRandom(Number(values.seed)))
const tally: Tally = {
  ...{ commits: 0, reads: 0, proved: 0, byProofAlone: 0, kills: 0, restarts: 0 },
  contradictions: [],
}
const over = new AbortController()

const folder = await makeDataDirectory()
await placeDatabase(folder, { contacts: 500, seed: 1 })
const settings = ['shared_buffers=128MB', 'max_connections=120', 'fsync=off']
const server = createPostgresPiece(folder, await takePort(0), settings)
await server.start()
const sql = postgres(server.url, { max: connections + 10, onnotice: () => undefined })
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
    endInTime(),
    ...subjects.map((subject) => write(subject, commits)),
    ...[0, 1].map((index) => runRelays(port, index)),
    parkRows(),
    restartPieces(world, subjects),
    witness(subjects, commits),
    read(world, subjects, commits),
  ])
  worker.closeAllConnections()
  worker.close()
} finally {
  await sql.end({ timeout: 1 })
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}
const { commits, kills, restarts, reads, proved, byProofAlone, contradictions } = tally
for (const each of contradictions) console.log(each)
console.log(`${commits} commits, ${kills} kills of a relay, ${restarts} restarts of ledgers and marks`)
console.log(`${reads} reads, ${proved} of them proved after their load, ${byProofAlone} given by proof alone`)
if (byProofAlone < byProofAloneMin)
  console.log(`fewer than ${byProofAloneMin} reads were given by proof alone`)
console.log(`${contradictions.length} contradictions`)
process.exit(contradictions.length > 0 || byProofAlone < byProofAloneMin ? 1 : 0)

/** Waits, at most until the run is over. */
async function rest(ms: number): Promise<void> {
  await pause(ms, undefined, { signal: over.signal }).catch(() => undefined)
}

function isOver(): boolean {
  return over.signal.aborted
}

/** Ends the run when its time is over, and a run with a planted fault when the fault is found. */
async function endInTime(): Promise<void> {
  const endMs = Date.now() + Number(values.minutes) * 60_000
  const isDone = () => (values.forgetful ? false : tally.byProofAlone >= byProofAloneMin)
  while (!isOver()) {
    await rest(100)
    const nowMs = Date.now()
    if (nowMs >= (isDone() ? endMs : endMs + extraMs)) over.abort()
  }
}

async function write(subject: Subject, commits: Commits): Promise<void> {
  const { workspaceId, contactId } = subject
  // A contact that is written all the time is loaded all the time, and its entry is never proved.
  const [leastMs, mostMs] = dice.happens(0.5) ? [100, 4_000] : [4_000, 20_000]
  for (let number = 1; ; number += 1) {
    await rest(dice.between(leastMs, mostMs))
    if (isOver()) return
    await sql.begin(async (transaction) => {
      await transaction`
        update contacts set name = ${String(number)} where workspace_id = ${workspaceId} and id = ${contactId}`
      await rest(openMs())
    })
    notice(commits, subject, number, Date.now())
    tally.commits += 1
  }
}

/** How long a transaction stays open after its write. */
function openMs(): number {
  if (dice.happens(0.01)) return dice.between(30_000, 150_000)
  return dice.happens(0.1) ? dice.between(1_000, 20_000) : 0
}

function notice(commits: Commits, subject: Subject, number: number, atMs: number): void {
  const instants = commits.get(subject) ?? []
  // A number that was never seen alone is as old as the one after it.
  for (let each = instants.length; each <= number; each += 1) instants[each] = atMs
  instants[number] = Math.min(instants[number] ?? atMs, atMs)
}

/** Queries the primary without pause. A number in a row was committed before the time in it, which is taken after the snapshot. */
async function witness(subjects: readonly Subject[], commits: Commits): Promise<void> {
  const workspaceIds = [...new Set(subjects.map(({ workspaceId }) => workspaceId))]
  while (!isOver()) {
    const rows = await sql`
      select workspace_id, id, name, extract(epoch from clock_timestamp()) * 1000 as at_ms
      from contacts where workspace_id = any(${workspaceIds})`
    for (const subject of subjects) {
      const row = rows.find(
        (each) => each['workspace_id'] === subject.workspaceId && each['id'] === subject.contactId,
      )
      notice(commits, subject, Number(row?.['name']), Number(row?.['at_ms']))
    }
    await rest(20)
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
  if (index === 1) await rest(dice.between(1_000, 5_000))
  while (!isOver()) {
    const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'ignore', 'inherit'] })
    const exited = new Promise((resolve) => child.once('exit', resolve))
    await rest(lifeMs())
    child.kill('SIGKILL')
    await exited
    tally.kills += 1
    if (index === 1) await rest(dice.between(2_000, 15_000))
  }
}

/** Some processes are killed before they have marked anything, and some mark for a while. */
function lifeMs(): number {
  return dice.happens(0.3) ? dice.between(500, 3_000) : dice.between(6_000, 15_000)
}

async function parkRows(): Promise<void> {
  // With more parked rows nearly nothing is proved, but those that are forgotten are found sooner.
  const [leastMs, mostMs] = values.forgetful ? [10, 400] : [500, 3_000]
  while (!isOver()) {
    await rest(dice.between(leastMs, mostMs))
    await sql`
      update private.outbox set parked_at = clock_timestamp(), attempts = 20,
        due_at = clock_timestamp() + interval '1 millisecond' * ${parkedForMs}
      where id in (
        select id from private.outbox where parked_at is null order by id limit 1 for update skip locked
      )`
  }
}

async function restartPieces(world: MarksWorld, subjects: readonly Subject[]): Promise<void> {
  while (!isOver()) {
    await rest(dice.between(50, 500))
    world.restart(dice.happens(0.02) ? 'marks' : dice.pick(subjects).workspaceId)
    tally.restarts += 1
  }
}

async function read(world: MarksWorld, subjects: readonly Subject[], commits: Commits): Promise<void> {
  while (!isOver()) {
    for (const subject of dice.shuffled(subjects)) {
      const given = await world.read(subject, dice.between(0, isolates - 1))
      if (given !== null) judge(subject, given, commits.get(subject) ?? [])
    }
    await rest(20)
  }
}

function judge({ workspaceId, contactId }: Subject, given: Given, instants: readonly number[]): void {
  const { number, status, currentAtMs, isProved, isByProofAlone } = given
  tally.reads += 1
  if (!isProved) return
  tally.proved += 1
  if (isByProofAlone) tally.byProofAlone += 1
  const missed = instants.findIndex((atMs, each) => each > number && atMs < currentAtMs)
  if (missed < 0) return
  const beforeMs = currentAtMs - (instants[missed] ?? 0)
  tally.contradictions.push(
    `${workspaceId} ${contactId} (${status}) was given as ${number}, though ${missed} was committed ${beforeMs} ms before the proof`,
  )
  over.abort()
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
