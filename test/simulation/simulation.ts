import type { Result } from '../../shared/result.ts'
import { plainWish } from '../../worker/cache/wish.ts'
import { switchCacheOn } from './changes.ts'
import { answerDigestsAtOnce } from './digests.ts'
import { healAll, planFaults, planMarkFates, planRedisFates } from './faults.ts'
import type { Happened } from './happenings.ts'
import type { Isolate } from './isolate.ts'
import { expectCurrentMembers } from './members.ts'
import { askedOf, workspaceIds } from './questions.ts'
import { createReaders, type Readers, type Reading, type Told } from './readers.ts'
import { BrokenPromise } from './records.ts'
import { expectUsefulRedis } from './redis-calm.ts'
import { startMs } from './scheduler.ts'
import { createWorld, type World } from './world.ts'

/**
 * Runs production's read path, ledger, views and invalidation, unmodified, in a world of random faults.
 *
 * These things may happen in it:
 *
 * - Calls take any time, overtake each other, and get lost on the way there or back. A fill may take ten seconds.
 * - Tiers have the weaknesses of real ones (tiers.ts), and for a while they freeze, fail, refuse, lose writes or
 *   answer garbage.
 * - Calls to the ledgers, to the origin and to the shared views of a location, and calls from the backend, are slow,
 *   lost, refused or unanswered for a while. A ledger is restarted. Rarely, its storage is lost.
 * - Redis is cleared by an operator, while it works and while it is away. It loses its data, or its generation by
 *   eviction, or fails over to a replica that had not seen its latest writes.
 * - An isolate vanishes with everything that it was doing. A request is cut short with everything that it began, even
 *   if other requests wait for it.
 * - The backend commits first and reports later: several times, out of order, until it is acknowledged. Now and then
 *   it gives an event the id of another event.
 * - In half of the runs, writes are told by the database's outbox and production's relay, and entries are proved by marks.
 *   Transactions stay open for minutes, rows are parked, relays are killed, lag and run twice, the object of the marks
 *   restarts, writes without triggers move everything, ledgers are lost and go back, and the database is restored from a
 *   backup, copied back on its disk, or replaced by a replica that is promoted. Some of these runs last for minutes.
 * - In a third of the runs an operator changes the rollout: mode, percentage and lists. Its keeper restarts, and what it tells the ledgers is
 *   late, lost, or not confirmed.
 * - The clocks of a location's machines differ by up to 100 ms, and those of different locations by seconds.
 *
 * These things do not happen, and nothing is promised for them: a bit that flips, a clock that differs by more within
 * a location, a write that is never reported. A ledger that goes back by less than what it has told about itself, at most
 * ten seconds, is noticed by the next reader who knows better. A database that takes acknowledged writes back is noticed by
 * its marks, from the first one on: a restore before it is the operator's to report. A ledger that wakes up without its storage while the
 * keeper of the rollout does not answer: it believes the default.
 *
 * After every step the checker (checker.ts) has compared every answer, and every entry that was given to a tier, with
 * what was true. At the end the faults stop, and everything must become current, proved and cached again.
 */
export interface Run {
  readonly seed: number
  readonly steps: number
  readonly reads: number
  /** Answers by status, and errors under their code. */
  readonly statuses: Readonly<Record<string, number>>
  readonly happened: Happened
  /** Two runs of the same seed have the same fingerprint. */
  readonly fingerprint: string
}

export interface Failure {
  readonly seed: number
  readonly step: number
  /** Milliseconds since the run began. */
  readonly atMs: number
  /** Which promise was broken, and how. */
  readonly promise: string
}

const stormMs = 45_000
const longStormMs = 300_000
/**
 * Longer than the deadlines, the pauses of breakers and the backend's retries, and longer than the usable time of
 * those entries of the storm that end before the run does.
 */
const calmMs = 100_000
/** Longer than a read takes when nothing hinders it. */
const answerMs = 3_000
/** After this time the replicas of Redis show the same writes. */
const replicasAgreeMs = 6_000
const readingsAnIsolate = 6
/** A ledger asks for its proof behind an answer, at most every ten seconds, and has it in a later one. */
const proofLearnedMs = 10_000
const proofAgeMaxMs = 40_000
const cachedShareMin = 0.9

answerDigestsAtOnce()

/** Runs one seed. Its trace goes to `tell`. */
export async function simulate(
  seed: number,
  tell: ((line: string) => void) | null = null,
): Promise<Result<Run, Failure>> {
  const world = createWorld(seed, tell)
  const { scheduler, trace } = world
  const readers = createReaders(world)
  try {
    await storm(world, readers)
    await converge(world, readers)
  } catch (error) {
    if (!(error instanceof BrokenPromise)) throw error
    trace.note('BROKEN', () => error.message)
    const [step, atMs] = [scheduler.steps(), scheduler.now() - startMs]
    return { ok: false, error: { seed, step, atMs, promise: error.message } }
  }
  const { statuses } = readers
  const [steps, reads, fingerprint] = [scheduler.steps(), readers.count(), trace.fingerprint()]
  return { ok: true, value: { seed, steps, reads, statuses, happened: trace.counts, fingerprint } }
}

/** The phase with reads, writes and faults. */
async function storm(
  { isLong, dice, scheduler, backend, faultyParts, rollouts, pass }: World,
  { readAnything }: Readers,
): Promise<void> {
  const lastsMs = isLong ? longStormMs : stormMs
  const stretch = lastsMs / stormMs
  const endMs = scheduler.now() + lastsMs
  const often = (meanMs: number, what: () => void) => {
    const next = () => {
      if (scheduler.now() >= endMs) return
      what()
      scheduler.schedule(next, -meanMs * stretch * Math.log(1 - dice.random()))
    }
    scheduler.schedule(next, dice.between(0, meanMs))
  }
  planFaults(faultyParts, endMs)
  planRedisFates(faultyParts, endMs)
  planMarkFates(faultyParts, endMs)
  rollouts?.plan(endMs)
  often(dice.pick([500, 1_500, 5_000]), () => backend.write(dice.pick(workspaceIds)))
  often(dice.pick([200, 400, 800]), readAnything)
  await pass(lastsMs)
}

/** Stops the faults. Everything under way must end, and then everything must be current, proved and cached again. */
async function converge(world: World, readers: Readers): Promise<void> {
  const { setup, population, faultyParts, backend, pass } = world
  healAll(faultyParts)
  population.spareRequests()
  for (const workspaceId of workspaceIds) backend.write(workspaceId, switchCacheOn)
  await pass(calmMs)
  expectThat(readers.unanswered() === 0, `${readers.unanswered()} reads were never answered`)
  expectThat(backend.unacknowledged() === 0, `${backend.unacknowledged()} writes were never acknowledged`)
  expectThat(world.rollouts?.isOn() !== false, 'a ledger never confirmed that the rollout is on')
  // No more changes are reported. After one bound every proved answer must show the present state.
  await pass(setup.boundMs + 1)

  await expectCurrentMembers(world)
  await expectUsefulRedis(world)
  await expectProofs(world, readers)

  const readings = population.all().flatMap((isolate) => someReadings(isolate, world))
  const first = await readAll(readings, world, readers)
  const amiss = first.find(({ isProven }) => !isProven)
  expectThat(amiss === undefined, `something is not proved after the faults: ${amiss?.status}`)
  await pass(replicasAgreeMs)
  const again = await readAll(readings, world, readers)
  const lasting = again.filter((_, index) => isLasting(readings[index], first[index]))
  const cached = lasting.filter(({ source }) => source !== 'database').length
  const hasPlace = setup.memoryBytes > 0 || setup.hasEdgeCache || setup.hasRedis
  expectThat(
    !hasPlace || cached >= cachedShareMin * lasting.length,
    `${cached} of ${lasting.length} answers come from a cache after the faults`,
  )
}

/** Whether an answer's lifetime does not end before another reader comes. */
function isLasting(reading: Reading | undefined, told: Told | undefined): boolean {
  if (reading === undefined || told === undefined) return false
  return told.freshUntilMs > reading.isolate.clock.now()
}

/** Marks go on after the faults: every isolate learns a proof of every workspace that is younger than the calm. */
async function expectProofs(world: World, readers: Readers): Promise<void> {
  const { setup, scheduler, population, pass } = world
  if (!setup.hasMarks) return
  // The first readings wake the ledgers up, and the second ones learn what these have asked for.
  const readings = population
    .all()
    .flatMap((isolate) => workspaceIds.map((workspaceId) => firstOf(isolate, workspaceId)))
  for (let round = 0; round < 3; round += 1) {
    await readAll(readings, world, readers)
    await pass(proofLearnedMs)
  }
  const last = await readAll(readings, world, readers)
  const oldestMs = Math.min(...last.map(({ provedAtMs }) => provedAtMs))
  expectThat(
    scheduler.now() - oldestMs < proofAgeMaxMs,
    `a proof is ${scheduler.now() - oldestMs} ms old after the faults`,
  )
}

function firstOf(isolate: Isolate, workspaceId: Reading['workspaceId']): Reading {
  const [asked] = askedOf
  if (asked === undefined) throw new Error('there is no question')
  return { isolate, workspaceId, asked, wish: plainWish, minVersion: null }
}

function someReadings(isolate: Isolate, { dice }: World): Reading[] {
  return Array.from({ length: readingsAnIsolate }, () => ({
    isolate,
    workspaceId: dice.pick(workspaceIds),
    asked: dice.pick(askedOf),
    wish: plainWish,
    minVersion: null,
  }))
}

async function readAll(readings: readonly Reading[], { pass }: World, readers: Readers): Promise<Told[]> {
  const told = new Map<number, Told>()
  for (const [index, reading] of readings.entries())
    void readers.read(reading).then((answer) => told.set(index, answer))
  await pass(answerMs)
  expectThat(told.size === readings.length, `${readings.length - told.size} reads were not answered`)
  return [...told].toSorted(([one], [other]) => one - other).map(([, answer]) => answer)
}

function expectThat(condition: boolean, otherwise: string): void {
  if (!condition) throw new BrokenPromise(`converges: ${otherwise}`)
}
