import type { Result } from '../../shared/result.ts'
import { plainWish } from '../../worker/cache/request.ts'
import { switchCacheOn } from './changes.ts'
import { answerDigestsAtOnce } from './digests.ts'
import { healAll, planFaults } from './faults.ts'
import type { Isolate } from './isolate.ts'
import { askedOf, workspaceIds } from './questions.ts'
import { createReaders, type Readers, type Reading, type Told } from './readers.ts'
import { BrokenPromise } from './records.ts'
import { startMs } from './scheduler.ts'
import { createWorld, type World } from './world.ts'

/**
 * The read path of production, its ledger, views and invalidation, unmodified, in a world of chance.
 *
 * What may happen in it:
 *
 * - Calls take any time, overtake each other, and are lost on the way there or back; a fill may take ten seconds.
 * - Tiers are as weak as theirs are (tiers.ts), and freeze, fail, refuse, lose writes or give garbage for a while.
 * - The ways to the ledgers, the origin, the views of a location and from the backend are slow, lossy, closed or silent
 *   for a while. A ledger is restarted; rarely, its storage is lost.
 * - An isolate vanishes with all that it was doing; a request is cut short with all that it began, which others may be
 *   waiting for.
 * - The backend commits first and reports later: several times over, out of order, until it is acknowledged. At times it uses
 *   an event's id again for another event.
 * - The clocks of a location's machines differ by up to 100 ms, those of locations by seconds.
 *
 * What may not, and is promised nothing for: a bit that flips, a clock that is off by more within a location, a write
 * that nobody reports, an acknowledged write that the database takes back.
 *
 * After every step the checker (checker.ts) has compared every answer and every entry handed to a tier with what was
 * so. In the end the faults stop, and everything must be current, proved, and cached again.
 */
export interface Run {
  readonly seed: number
  readonly steps: number
  readonly reads: number
  /** Answers by status: how, `error` for those without. */
  readonly statuses: Readonly<Record<string, number>>
  /** Two runs of a seed share it. */
  readonly fingerprint: string
}

export interface Failure {
  readonly seed: number
  readonly step: number
  /** Since the run began. */
  readonly atMs: number
  /** Which promise was broken, and how. */
  readonly promise: string
}

const stormMs = 45_000
/**
 * Longer than deadlines, pauses of breakers and retries of the backend take, and than entries of the storm are usable
 * that do not outlive the run.
 */
const calmMs = 100_000
/** Longer than a read takes that nothing hinders. */
const answerMs = 3_000
/** Replicas of Redis show what others wrote. */
const replicasAgreeMs = 6_000
const readingsAnIsolate = 6
const cachedShareMin = 0.9

answerDigestsAtOnce()

/** One run of a seed; the trace of it goes to `tell`. */
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
  return { ok: true, value: { seed, steps, reads, statuses, fingerprint } }
}

/** Reads, writes and faults. */
async function storm(
  { dice, scheduler, backend, faultyParts, pass }: World,
  { readAnything }: Readers,
): Promise<void> {
  const endMs = scheduler.now() + stormMs
  const often = (meanMs: number, what: () => void) => {
    const next = () => {
      if (scheduler.now() >= endMs) return
      what()
      scheduler.schedule(next, -meanMs * Math.log(1 - dice.random()))
    }
    scheduler.schedule(next, dice.between(0, meanMs))
  }
  planFaults(faultyParts, endMs)
  often(dice.pick([500, 1_500, 5_000]), () => backend.write(dice.pick(workspaceIds)))
  often(dice.pick([200, 400, 800]), readAnything)
  await pass(stormMs)
}

/** The faults stop. What went on must come to its end, and then everything must be current, proved and cached again. */
async function converge(world: World, readers: Readers): Promise<void> {
  const { setup, population, faultyParts, backend, pass } = world
  healAll(faultyParts)
  population.spareRequests()
  for (const workspaceId of workspaceIds) backend.write(workspaceId, switchCacheOn)
  await pass(calmMs)
  expectThat(readers.unanswered() === 0, `${readers.unanswered()} reads were never answered`)
  expectThat(backend.unacknowledged() === 0, `${backend.unacknowledged()} writes were never acknowledged`)
  // Nothing is reported any more: the bound is all it may take until a proved answer is one of what is so now.
  await pass(setup.boundMs + 1)

  const readings = population.all().flatMap((isolate) => someReadings(isolate, world))
  const first = await readAll(readings, world, readers)
  const amiss = first.find(({ isProven }) => !isProven)
  expectThat(amiss === undefined, `something is not proved after the faults: ${amiss?.status}`)
  await pass(replicasAgreeMs)
  const again = await readAll(readings, world, readers)
  const cached = again.filter(({ source }) => source !== 'database').length
  const hasPlace = setup.memoryBytes > 0 || setup.hasEdgeCache || setup.hasRedis
  expectThat(
    !hasPlace || cached >= cachedShareMin * again.length,
    `${cached} of ${again.length} answers come from a cache after the faults`,
  )
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
  const told: Told[] = []
  for (const reading of readings) void readers.read(reading).then((answer) => told.push(answer))
  await pass(answerMs)
  expectThat(told.length === readings.length, `${readings.length - told.length} reads were not answered`)
  return told
}

function expectThat(condition: boolean, otherwise: string): void {
  if (!condition) throw new BrokenPromise(`converges: ${otherwise}`)
}
