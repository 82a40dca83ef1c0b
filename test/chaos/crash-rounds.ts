import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { createDice, type Dice } from '../support/dice.ts'
import { eventually } from '../support/eventually.ts'
import type { TestStack } from '../support/local-stack.ts'
import { createRandom } from '../support/random.ts'
import { createWriters, type Writer } from './crash-writer.ts'

/**
 * The fault model: the origin (with its relay), the Worker and Postgres are killed (SIGKILL), any of them or all, at
 * random points while contacts are written (in Postgres directly and through the origin) and pages are read. Then
 * they are started again. Disks keep what was written to them. The interface between the origin and Postgres is
 * restarted together with Postgres, because Supabase Lite does not survive the loss of its connections.
 *
 * After each round, once the outbox is empty, this is checked: an acknowledged write is in the database; every page
 * at the edge equals the database, read as any client reads it and so from whatever tier has it; and the ledger still
 * knows the versions that writers were given. Pages live for minutes and a round for seconds, so a missing
 * invalidation would show.
 */
export interface CrashOptions {
  readonly stack: TestStack
  readonly rounds: number
  readonly seed: number
  /** If it is aborted, the current round is the last. */
  readonly signal: AbortSignal
  onRound(round: CrashRound): void
}

export interface CrashRound {
  readonly number: number
  readonly killed: readonly string[]
  readonly acknowledged: number
  readonly unanswered: number
  /** The faults that were found after the round. Empty if there were none. */
  readonly faults: readonly string[]
  readonly recoveryMs: number
}

/** From the last start of a piece to an empty outbox. */
const recoveryDeadlineMs = 40_000

/** Runs the rounds and answers all of them. Throws if the stack itself does not come back. */
export async function runCrashRounds(options: CrashOptions): Promise<CrashRound[]> {
  const { stack, rounds, seed, signal, onRound } = options
  const writers = await createWriters(stack, createDice(createRandom(seed)))
  const done: CrashRound[] = []
  for (let number = 1; number <= rounds && !signal.aborted; number += 1) {
    // The faults have random numbers of their own, so that the writes do not influence which piece is killed.
    const round = await runRound(stack, writers, number, createDice(createRandom(seed * 7_919 + number)))
    done.push(round)
    onRound(round)
  }
  return done
}

async function runRound(
  stack: TestStack,
  writers: readonly Writer[],
  number: number,
  dice: Dice,
): Promise<CrashRound> {
  const before = writers.map(({ tally }) => ({ ...tally }))
  const traffic = new AbortController()
  const sql = stack.connect()
  const running = writers.flatMap((writer) => [
    writer.write(traffic.signal, sql),
    writer.writeQuietBoards(traffic.signal, sql),
    writer.read(traffic.signal),
  ])
  await pause(dice.between(50, 450))
  const killed = await killSome(stack, dice)
  const killedAtMs = performance.now()
  await startAgain(stack, killed, dice)
  await pause(dice.between(0, 300))
  traffic.abort()
  // Queries that wait on a lost connection are rejected now.
  await sql.end({ timeout: 0.2 })
  await Promise.all(running)
  const fresh = stack.connect()
  const faults = await settled(fresh)
  const recoveryMs = Math.round(performance.now() - killedAtMs)
  const found = await Promise.all(writers.map((writer) => writer.faults(fresh)))
  faults.push(...found.flat())
  await fresh.end({ timeout: 1 })
  const sum = (of: 'acknowledged' | 'unanswered') =>
    writers.reduce((total, { tally }, index) => total + tally[of] - (before[index]?.[of] ?? 0), 0)
  return {
    number,
    killed,
    acknowledged: sum('acknowledged'),
    unanswered: sum('unanswered'),
    faults,
    recoveryMs,
  }
}

type PieceName = 'origin' | 'worker' | 'postgres'

async function killSome(stack: TestStack, dice: Dice): Promise<PieceName[]> {
  const names = (['origin', 'worker', 'postgres'] as const).filter(() => dice.happens(0.5))
  const killed: PieceName[] = names.length > 0 ? [...names] : ['origin']
  for (const name of dice.shuffled(killed)) {
    await stack.pieces[name].kill()
    await pause(dice.between(0, 150))
  }
  return killed
}

async function startAgain(stack: TestStack, killed: readonly PieceName[], dice: Dice): Promise<void> {
  const { pieces } = stack
  // All pieces are started at once. The origin is ready only when Postgres is.
  const delays = killed.map(() => dice.between(0, 300))
  await Promise.all(
    killed.map(async (name, index) => {
      await pause(delays[index])
      await pieces[name].start()
      if (name !== 'postgres') return
      await pieces.supabase.kill()
      await pieces.supabase.start()
    }),
  )
}

/** Waits until the outbox is empty. From then on every write must be known. */
async function settled(sql: Sql): Promise<string[]> {
  const isEmpty = async () => {
    const [row] = await sql`select exists (select from private.outbox) as is_waiting`
    return row?.['is_waiting'] === false
  }
  try {
    await eventually(isEmpty, { deadlineMs: recoveryDeadlineMs, everyMs: 50 })
    return []
  } catch {
    const rows = await sql`select attempts, last_failure, parked_at from private.outbox limit 3`
    return [`the outbox is not empty ${recoveryDeadlineMs} ms after recovery: ${JSON.stringify(rows)}`]
  }
}
