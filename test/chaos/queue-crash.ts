import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import postgres from 'postgres'
import { z } from 'zod'
import { fillDatabase } from '../../origin/local/database-content.ts'
import { isOfLostConnection } from '../../origin/local/lost-connection.ts'
import { takePort } from '../../origin/local/ports.ts'
import { createPostgresPiece, type LocalPostgres } from '../../origin/local/postgres.ts'
import { createDice, type Dice } from '../support/dice.ts'
import { eventually } from '../support/eventually.ts'
import { createRandom } from '../support/random.ts'
import { makeDataDirectory } from '../support/run-folder.ts'

/**
 * `npm run chaos:queues -- --rounds 200 --seed 1` exits with 1 if an acknowledged job was lost or had more than one effect.
 *
 * The fault model: Postgres, the process that adds jobs (in the place of the origin) and two processes that run them are killed (SIGKILL),
 * any of them or all, at random points, and are started again. Disks keep what was written to them. After some rounds, once no job
 * waits or runs, this is checked: every acknowledged job has had exactly one effect, and so has the job of every row that was committed
 * with one, acknowledged or not. A job has one attempt, so an interruption that spent it would show as a loss. Rounds between two checks
 * follow one another while the processes still recover.
 *
 * The canary `--apart` writes marks in another transaction than effects. A run that does not find it proves nothing.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    apart: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const roundsPerCheck = 4
const recoveryDeadlineMs = 60_000
const maxStartMs = 20_000

// Sockets to a killed process fail where nothing can catch the error.
process.on('uncaughtException', (error) => {
  const isSocket = 'code' in error && ['ECONNRESET', 'EPIPE'].includes(String(error.code))
  if (isOfLostConnection(error) || isSocket) return
  console.error(error)
  process.exit(2)
})

/** A process of the test, which is started and killed again and again. */
interface Piece {
  start(): Promise<void>
  kill(): Promise<void>
}

const acknowledged = new Set<string>()
/** Sentences of processes that nobody killed. */
const endedByThemselves: string[] = []
const toldSchema = z.array(z.string())

const folder = await makeDataDirectory()
const server = createPostgresPiece(folder, await takePort(0))
await server.start()
await fillDatabase(server.url, { contacts: 10, seed: 1, isExternal: false, onProgress: () => undefined })
const mode = values.apart ? ['apart'] : []
const pieces = {
  postgres: postgresPiece(server),
  adder: processPiece('queue-adder.ts', []),
  workerOne: processPiece('queue-worker.ts', mode),
  workerTwo: processPiece('queue-worker.ts', mode),
}
type PieceName = keyof typeof pieces
const names: readonly PieceName[] = ['postgres', 'adder', 'workerOne', 'workerTwo']

let faultyRounds = 0
try {
  await prepareTables()
  await Promise.all([pieces.workerOne.start(), pieces.workerTwo.start()])
  for (let round = 1; round <= rounds && faultyRounds === 0; round += 1) {
    const dice = createDice(createRandom(Number(values.seed) * 7_919 + round))
    const beforeRound = acknowledged.size
    const killed = await runRound(dice)
    console.log(`round ${round}: killed ${killed.join(', ')}; ${acknowledged.size - beforeRound} jobs`)
    if (round % roundsPerCheck === 0 || round === rounds) await check()
  }
  console.log(`${acknowledged.size} acknowledged jobs, ${faultyRounds} rounds with faults`)
} finally {
  for (const name of names) await pieces[name].kill()
  await rm(folder, { recursive: true, force: true })
}
process.exit(faultyRounds === 0 ? 0 : 1)

/** After the first fault the run ends, or it would report the same ones again and again. */
async function check(): Promise<void> {
  await pieces.adder.kill()
  const beganAtMs = performance.now()
  const faults = await settledFaults()
  console.log(`settled in ${Math.round(performance.now() - beganAtMs)} ms`)
  if (faults.length === 0) return
  faultyRounds += 1
  console.log(`FAULTS\n  ${faults.join('\n  ')}`)
}

async function prepareTables(): Promise<void> {
  const sql = postgres(server.url, { max: 1, onnotice: () => undefined })
  await sql`create table public.effects (job_id text not null)`
  await sql`create table public.rows_with_jobs (job_id text not null)`
  await sql.end()
}

async function runRound(dice: Dice): Promise<readonly PieceName[]> {
  await pieces.adder.start()
  await pause(dice.between(50, 600))
  const chosen = names.filter(() => dice.happens(0.5))
  const killed: readonly PieceName[] = chosen.length > 0 ? chosen : ['workerOne']
  for (const name of dice.shuffled(killed)) {
    await pieces[name].kill()
    await pause(dice.between(0, 100))
  }
  await Promise.all(
    killed.map(async (name) => {
      await pause(dice.between(0, 300))
      await pieces[name].start()
    }),
  )
  await pause(dice.between(0, 300))
  return killed
}

/** Waits until no job waits or runs, and looks for what must not be. */
async function settledFaults(): Promise<string[]> {
  const sql = postgres(server.url, { max: 1, onnotice: () => undefined })
  try {
    await eventually(
      async () => {
        // The limit of a minute would hold up the round, and is another test's subject. Workers that wait for its end are woken.
        await sql`delete from private.job_starts`
        await sql`select pg_notify('bullmq_jobs', 'messages')`
        const open = await sql`
          select j.state::text as state, count(*)::integer as jobs from bullmq.job j
          where j.state not in ('completed', 'failed') group by j.state`
        if (open.length > 0) throw new Error(JSON.stringify(open))
      },
      { deadlineMs: recoveryDeadlineMs, everyMs: 50 },
    )
    const rows =
      await sql`select e.job_id, count(*)::integer as times from public.effects e group by e.job_id`
    const effects = new Map(rows.map((row) => [String(row['job_id']), Number(row['times'])]))
    const written = await sql`select r.job_id from public.rows_with_jobs r`
    const failed =
      await sql`select j.failed_reason, count(*)::integer as jobs from bullmq.job j where j.state = 'failed' group by 1`
    const miscounted = await sql`
      select c.queue, c.counts from jsonb_each(private.job_counts(array['flows', 'messages'])) c (queue, counts)
      where c.counts -> 'waiting' <> '0' or c.counts -> 'delayed' <> '0'`
    const expected = new Set([...acknowledged, ...written.map((row) => String(row['job_id']))])
    return [
      ...endedByThemselves,
      ...[...effects].filter(([, times]) => times > 1).map(([id, times]) => `${id} had ${times} effects`),
      ...[...expected].filter((id) => !effects.has(id)).map((id) => `${id} was lost`),
      ...miscounted.map(
        (row) => `${row['queue']} has no jobs that wait, but counts ${JSON.stringify(row['counts'])}`,
      ),
      ...failed.map((row) => `${row['jobs']} jobs failed: ${row['failed_reason']}`),
    ].slice(0, 5)
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
    return [...endedByThemselves, `jobs are left ${recoveryDeadlineMs} ms after recovery: ${cause}`]
  } finally {
    await sql.end({ timeout: 1 })
  }
}

function postgresPiece(piece: LocalPostgres): Piece {
  return { start: () => piece.start(), kill: () => piece.kill() }
}

function processPiece(script: string, more: readonly string[]): Piece {
  let child: ChildProcess | null = null
  return {
    async start() {
      if (child !== null) return
      const started = fork(fileURLToPath(new URL(script, import.meta.url)), [server.url, ...more], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        // The next process starts sooner with the code that was compiled for this one.
        env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
      })
      child = started
      const ready = new Promise<void>((resolve) => {
        started.on('message', (told) => {
          if (told === 'ready') resolve()
          else for (const id of toldSchema.parse(told)) acknowledged.add(id)
        })
      })
      started.on('exit', (code) => {
        if (child === started) endedByThemselves.push(`${script} ended by itself with ${code}`)
      })
      // A worker is ready when the database is, which may still be starting.
      await Promise.race([ready, pause(maxStartMs)])
    },
    async kill() {
      if (child === null) return
      const ending = child
      child = null
      const ended = once(ending, 'exit')
      ending.kill('SIGKILL')
      await ended
    },
  }
}
