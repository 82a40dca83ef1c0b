import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createProcessPiece, type Piece } from '../../origin/local/processes.ts'
import { createDice, type Dice } from '../support/dice.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { plantedWorkerEntry } from '../support/planting.ts'
import { createRandom } from '../support/random.ts'
import { createGivingUp } from './giving-up.ts'
import { forgetfulWorker, mailCanaries, mailCanaryOf, plantInDatabase } from './mail-canaries.ts'
import { mailFaults, mailLimits } from './mail-faults.ts'
import { addressOf, mailWorkspaces } from './mail-messages.ts'
import { MailSender, outcomes, type Tally } from './mail-sender.ts'

/**
 * `npm run chaos:mail -- --rounds 200 --seed 1` exits with 1 if an acknowledged message was lost or is there twice, if the counts of mail
 * differ from its rows, or if a limit was exceeded.
 *
 * The fault model: the origin, the Worker, Postgres, Redis and two processes that run the jobs of queued mail are killed (SIGKILL), any of
 * them or all, at random points, and are started again. Disks keep what was written to them. Meanwhile 20 senders send messages as JSON
 * and as MIME, again, at two places at once, under ids that were used before, and answers before what they answer; their limits are so low
 * that they meet them. Supabase's interface is restarted together with Postgres, because Supabase Lite does not survive the loss of its
 * connections. Most rounds begin to kill once a number of messages was answered, so that mail is under way on a slow machine too. The
 * others do it while the processes still recover.
 *
 * After some rounds the senders send again what was not answered, and once no message waits in the queue, mail-faults.ts looks for what
 * must not be. Counts of what Redis answered may lack what a killed Worker had not reported yet (shared/bounds.md). All others are exact,
 * and so are the limits.
 *
 * `--planted NAME` plants a fault of mail-canaries.ts, and `--forgetful` the one that forgets. A run that does not find it proves nothing.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    planted: { type: 'string' },
    forgetful: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const seed = Number(values.seed)
const planted = values.forgetful ? 'forgetful' : values.planted
const canary = planted === undefined ? null : mailCanaryOf(planted)
if (planted !== undefined && canary === null)
  throw new Error(`--planted must be one of ${mailCanaries.join(', ')}`)
const roundsPerCheck = canary === 'forgetful' ? 1 : 4
const sendersCount = 20
const recoveryDeadlineMs = 60_000
/** A round that gets too few answers goes on all the same after this time. */
const answersDeadlineMs = 15_000
const answersBeforeKillMax = 40
/** The faults of one kind come in numbers. */
const faultsShown = 8

const givingUp = createGivingUp()
const stack = await startTestStack({
  contacts: 300,
  // Other processes run the jobs here, as they do in production.
  originEnvironment: { QUEUE_WORKERS: 'false' },
  ...(canary === 'forgetful' ? { workerEntry: await plantedWorkerEntry([forgetfulWorker]) } : {}),
})
givingUp.hearSignals()
/** Sentences of processes that nobody killed. */
const endedByThemselves: string[] = []
const workers = [workerPiece('mail-worker-1'), workerPiece('mail-worker-2')] as const
const pieces: Readonly<Record<string, Piece>> = {
  ...{ origin: stack.pieces.origin, worker: stack.pieces.worker, postgres: stack.pieces.postgres },
  ...(stack.pieces.redis === null ? {} : { redis: stack.pieces.redis }),
  ...{ 'mail-worker-1': workers[0], 'mail-worker-2': workers[1] },
}
const senders = Array.from(
  { length: sendersCount },
  (_, number) => new MailSender(stack, number, createDice(createRandom(seed * 104_729 + number))),
)

let roundsDone = 0
let faultyRounds = 0
try {
  await prepare(stack)
  let era = 1
  for (let round = 1; round <= rounds && faultyRounds === 0 && !givingUp.signal.aborted; round += 1) {
    // The faults have random numbers of their own, so that the mail does not influence which piece is killed.
    const before = tallied()
    const beganAtMs = performance.now()
    const killed = await runRound(era, createDice(createRandom(seed * 7_919 + round)))
    const tookMs = Math.round(performance.now() - beganAtMs)
    console.log(`round ${round}: killed ${killed.join(', ')}; ${describe(before)}; ${tookMs} ms`)
    roundsDone += 1
    const isLast = round === rounds || givingUp.signal.aborted
    if (round % roundsPerCheck !== 0 && !isLast) continue
    await check()
    era += 1
  }
  const acknowledged = senders.flatMap(({ sent }) => sent).filter(({ isAcknowledged }) => isAcknowledged)
  const counts = `${roundsDone} rounds, ${acknowledged.length} acknowledged messages`
  console.log(`${counts}, ${faultyRounds} rounds with faults; ${describe({})}`)
} finally {
  for (const worker of workers) await worker.kill()
  await stack.stop()
}
process.exit(process.exitCode ?? (faultyRounds === 0 ? 0 : 1))

/** The workspaces that get the mail, with their limits, and the processes of the jobs. */
async function prepare({ sql }: TestStack): Promise<void> {
  if (canary !== null && canary !== 'forgetful') await plantInDatabase(sql, canary)
  for (const id of mailWorkspaces) {
    await sql`insert into workspaces (id, name) values (${id}, ${id})`
    await sql`insert into boards (workspace_id, id, name) values (${id}, 'board', 'Board')`
    await sql`insert into board_columns (workspace_id, board_id, id, name)
      values (${id}, 'board', 'column', 'New')`
    await sql`insert into email_addresses (address, workspace_id) values (${addressOf(id)}, ${id})`
    await sql`insert into private.email_settings (workspace_id, sender_per_hour, domain_per_hour)
      values (${id}, ${mailLimits.sender}, ${mailLimits.domain})`
  }
  for (const worker of workers) await worker.start()
  const isPrepared = async () => {
    const [row] = await sql`select to_regclass('bullmq.job') is not null as is_prepared`
    return row?.['is_prepared'] === true
  }
  await eventually(isPrepared, { deadlineMs: recoveryDeadlineMs, everyMs: 50 })
}

async function runRound(era: number, dice: Dice): Promise<readonly string[]> {
  const traffic = new AbortController()
  const running = senders.map((sender) => sender.send(era, traffic.signal))
  if (dice.happens(0.75)) await answersSince(tallied(), dice.between(1, answersBeforeKillMax))
  await pause(dice.between(0, 300))
  const chosen = Object.keys(pieces).filter(() => dice.happens(0.4))
  const killed = dice.shuffled(chosen.length > 0 ? chosen : ['origin'])
  for (const name of killed) {
    await pieces[name]?.kill()
    await pause(dice.between(0, 100))
  }
  await Promise.all(
    killed.map(async (name) => {
      await pause(dice.between(0, 300))
      await pieces[name]?.start()
      if (name !== 'postgres') return
      await stack.pieces.supabase.kill()
      await stack.pieces.supabase.start()
    }),
  )
  givingUp.hearSignals()
  await pause(dice.between(0, 300))
  traffic.abort()
  await Promise.all(running)
  return killed
}

/** Waits for so many messages to be answered, but not for long: after some faults that takes a while. */
async function answersSince(before: Partial<Tally>, wanted: number): Promise<void> {
  const answered = (tally: Partial<Tally>) =>
    outcomes.reduce((sum, name) => sum + (name === 'unanswered' ? 0 : (tally[name] ?? 0)), 0)
  const hasEnough = () => answered(tallied()) - answered(before) >= wanted
  await eventually(hasEnough, { deadlineMs: answersDeadlineMs, everyMs: 5 }).catch(() => undefined)
}

/** After the first fault the run ends, or it would report the same ones again and again. */
async function check(): Promise<void> {
  const beganAtMs = performance.now()
  const faults = [...endedByThemselves, ...(await settledFaults())]
  console.log(`settled in ${Math.round(performance.now() - beganAtMs)} ms`)
  if (faults.length === 0) return
  faultyRounds += 1
  console.log(`FAULTS (${faults.length})\n  ${faults.slice(0, faultsShown).join('\n  ')}`)
}

async function settledFaults(): Promise<string[]> {
  const sql = stack.connect()
  let waiting = 0
  const isSettled = async () => {
    const [row] = await sql`
      select count(*)::integer as waiting from private.inbound_emails where state = 'queued'`
    waiting = Number(row?.['waiting'])
    return waiting === 0
  }
  try {
    await Promise.all(senders.map((sender) => sender.sendOpenAgain()))
  } catch (error) {
    await sql.end({ timeout: 1 })
    const { cause } = error instanceof Error ? error : {}
    return [`a message gets no answer although all is back (${error}; ${cause})`]
  }
  try {
    await eventually(isSettled, { deadlineMs: recoveryDeadlineMs, everyMs: 50 })
    return await mailFaults(sql, senders)
  } catch (error) {
    if (waiting === 0) throw error
    return [`${waiting} messages wait ${recoveryDeadlineMs} ms after recovery`]
  } finally {
    await sql.end({ timeout: 1 })
  }
}

function tallied(): Partial<Tally> {
  const sum: Partial<Tally> = {}
  for (const { tally } of senders) {
    for (const name of outcomes) sum[name] = (sum[name] ?? 0) + tally[name]
  }
  return sum
}

/** How often each answer came since then. */
function describe(before: Partial<Tally>): string {
  const now = tallied()
  return outcomes.map((name) => `${(now[name] ?? 0) - (before[name] ?? 0)} ${name}`).join(', ')
}

function workerPiece(name: string): Piece {
  const dataDirectory = dirname(stack.logs)
  return createProcessPiece({
    name,
    command: process.execPath,
    args: [
      '--import',
      new URL('../../origin/local/end-with-starter.ts', import.meta.url).href,
      fileURLToPath(new URL('mail-worker.ts', import.meta.url)),
    ],
    // The next process starts sooner with the code that was compiled for this one.
    environment: {
      QUEUE_DATABASE_URL: stack.databaseUrl,
      NODE_COMPILE_CACHE: join(dataDirectory, 'compiled'),
    },
    dataDirectory,
    hearsStarter: true,
    // It takes jobs once the database is there, which may be starting too.
    isReady: async () => true,
    onChange({ kind }) {
      if (kind === 'ended') endedByThemselves.push(`${name} ended by itself`)
    },
  })
}
