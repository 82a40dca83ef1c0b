import type { Result } from '../../../shared/result.ts'
import { answerDigestsAtOnce } from '../digests.ts'
import { workspaceIds } from '../questions.ts'
import { BrokenPromise } from '../records.ts'
import { startMs } from '../scheduler.ts'
import type { Failure } from '../simulation.ts'
import { changeAnythingElse, letEverybodyIn, removeMember } from './live-changes.ts'
import { healAllLive, planLiveFaults } from './live-faults.ts'
import type { LiveHappened } from './live-happenings.ts'
import { createLiveWorld, type LiveWorld } from './live-world.ts'

/**
 * Runs production's hub, its ledger with what tells the hubs, and the browser client, unmodified, in a world of random faults.
 *
 * These things may happen in it:
 *
 * - Calls between ledgers and hubs, and from hubs to the origin, are slow, lost on the way there or back, refused or unanswered for a
 *   while. Calls from a ledger to its hub arrive twice, the second time much later, and overtake each other.
 * - A hub hibernates whenever it is idle: its memory is gone, its sockets, storage and alarm stay. It is restarted with everything that
 *   it was doing, which closes its sockets. A deploy restarts all hubs and ledgers at once.
 * - A ledger is restarted. Rarely, it loses its storage with its registrations, or goes back to an earlier state.
 * - A socket breaks with the frames that are on their way, and either end notices seconds later. A browser reads slowly or not at all
 *   for a minute. Some connections lose, repeat and exchange frames; one that has lost a frame breaks within seconds, as TCP guarantees.
 * - A tab sleeps: its timers stand still while its clock goes on, and what arrived meanwhile is read when it wakes up. A tab is hidden, is
 *   closed, and is opened again. Browsers' clocks are wrong by hours.
 * - Tokens expire after a minute or an hour, and are renewed in time, late, or never. Members leave and come back.
 * - Requests over HTTP are slow, lost, and refused. An answer may be as old as the staleness bound allows.
 *
 * These things do not happen, and nothing is promised for them: a frame that is lost while its socket goes on for ever, a write that is
 * never told to its ledger, a clock of a browser that runs faster or slower than time.
 *
 * After every step the checker (live-checker.ts) has compared what every browser shows as current with what was true. While nothing
 * fails, a change may be missing for a second, or as long as an answer counts that did not have it yet; after a failure for one comparison
 * of the hub; and for no longer than a proof lasts, whatever fails. At the end the faults stop: every browser must be live, current and
 * equal to the database, and be told of further changes at once and by differences.
 */
export interface LiveRun {
  readonly seed: number
  readonly steps: number
  /** The answers that browsers showed. */
  readonly reads: number
  readonly happened: LiveHappened
  /** Two runs of the same seed have the same fingerprint. */
  readonly fingerprint: string
}

const stormMs = 200_000
/**
 * Longer than the proofs of the storm last, the pauses of clients that come back, the pause of one comparison, and the retries of what
 * was not told.
 */
const calmMs = 120_000

answerDigestsAtOnce()

/** Runs one seed. Its trace goes to `tell`. */
export async function simulateLive(
  seed: number,
  tell: ((line: string) => void) | null = null,
): Promise<Result<LiveRun, Failure>> {
  const world = createLiveWorld(seed, tell)
  const { scheduler, trace } = world
  try {
    await storm(world)
    await converge(world)
  } catch (error) {
    if (!(error instanceof BrokenPromise)) throw error
    trace.note('BROKEN', () => error.message)
    const [step, atMs] = [scheduler.steps(), scheduler.now() - startMs]
    return { ok: false, error: { seed, step, atMs, promise: error.message } }
  }
  const [steps, reads, fingerprint] = [scheduler.steps(), world.browsers.answers(), trace.fingerprint()]
  return { ok: true, value: { seed, steps, reads, happened: trace.counts, fingerprint } }
}

/** The phase with reads, writes and faults. */
async function storm(world: LiveWorld): Promise<void> {
  const { dice, scheduler, trace, writers, browsers, pass } = world
  const endMs = scheduler.now() + stormMs
  const often = (meanMs: number, what: () => void) => {
    const next = () => {
      if (scheduler.now() >= endMs) return
      what()
      scheduler.schedule(next, -meanMs * Math.log(1 - dice.random()))
    }
    scheduler.schedule(next, dice.between(0, meanMs))
  }
  planLiveFaults(world, endMs)
  often(dice.pick([500, 2_000, 5_000, 15_000, 40_000]), () =>
    writers.write(dice.pick(workspaceIds), changeAnythingElse),
  )
  often(60_000, () => {
    const workspaceId = dice.pick(workspaceIds)
    trace.happened('a member leaves')
    writers.write(workspaceId, removeMember)
    scheduler.schedule(() => writers.write(workspaceId, letEverybodyIn), dice.between(1_000, 30_000))
  })
  often(dice.pick([2_000, 8_000, 30_000]), browsers.doSomething)
  await pass(stormMs)
}

/** Stops the faults. Everybody must become current, and stay so by the hub alone. */
async function converge(world: LiveWorld): Promise<void> {
  const { browsers, writers, pass } = world
  healAllLive(world)
  browsers.calm()
  for (const workspaceId of workspaceIds) writers.write(workspaceId, letEverybodyIn)
  await pass(calmMs)
  expectThat(writers.untold() === 0, `${writers.untold()} writes were never told`)
  browsers.expectTrue('after the faults')
  for (let round = 0; round < 5; round += 1) {
    for (const workspaceId of workspaceIds) writers.write(workspaceId, changeAnythingElse)
    await pass(5_000)
    browsers.expectTrue('at once after a write')
  }
}

function expectThat(condition: boolean, otherwise: string): void {
  if (!condition) throw new BrokenPromise(`converges: ${otherwise}`)
}
