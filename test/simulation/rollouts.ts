import { DatabaseSync } from 'node:sqlite'
import type { RolloutSetting } from '../../shared/contract/rollout.ts'
import { defaultRollout, rolloutModes } from '../../shared/contract/rollout.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { deploymentId, workspaceIdSchema } from '../../shared/ids.ts'
import { rolloutOf } from '../../shared/rollout.ts'
import type { RolloutDesk } from '../../worker/deployment/rollout/rollout-desk.ts'
import { createRolloutDesk } from '../../worker/deployment/rollout/rollout-desk.ts'
import { RolloutCopy } from '../../worker/ledger/rollout-copy.ts'
import type { RolloutNews } from '../../worker/ledger/rollout-messages.ts'
import { createSqlStorage } from '../support/book-storage.ts'
import type { SeenAnswer, SeenRead } from './checker.ts'
import { proofMaxMs } from './checker.ts'
import type { LedgersRollouts } from './ledgers.ts'
import type { Nature } from './nature.ts'
import { workspaceIds } from './questions.ts'
import { BrokenPromise } from './records.ts'
import { createWay, goodWay } from './way.ts'

type Tell = (workspaceId: WorkspaceId, news: RolloutNews) => Promise<number>

/**
 * An operator who changes the rollout under load, through production's desk and the ledgers' copies. Calls to the ledgers are late or lost, and
 * the object of the desk moves to other machines. A ledger that asks gets its answer in time.
 */
export interface Rollouts extends LedgersRollouts {
  begin(tell: Tell): void
  /** Lets the operator change it a few times, and its object restart, from now until `untilMs`. */
  plan(untilMs: number): void
  /** Checks an answer: once a change has been confirmed for one bound, no tier answers a workspace that it switched off. */
  answered(read: SeenRead, answer: SeenAnswer): void
  /** Ends the faults, and switches everything on. */
  calm(): void
  /** Whether every ledger that is awake has confirmed that everything is on. */
  isOn(): boolean
}

/** A setting from the instant at which the operator sent it, and the one at which it was confirmed. */
interface Sent {
  readonly setting: RolloutSetting
  confirmedAtMs: number | null
}

const by = { kind: 'internal-key', userId: null, workspaceId: null } as const
/** The longest time from a change to one that takes it back. */
const mindChangedMs = 3_000

export function createRollouts(nature: Nature): Rollouts {
  const { scheduler, rolloutDice: dice, trace } = nature
  const askWay = createWay(scheduler, dice, { ...goodWay, slowShare: 0 })
  const tellWay = createWay(scheduler, dice, { ...goodWay, lostShare: 0.1, slowShare: 0.2, slowMs: 5_000 })
  const sent: Sent[] = [{ setting: defaultRollout, confirmedAtMs: scheduler.now() }]
  let tell: Tell = async () => 0
  const keeper = createKeeper(nature, (scope, news) => tellWay.cross(() => tell(idOf(scope), news)))

  /** Sends a change, and notes when it was confirmed, unless something is unconfirmed then. */
  async function change(setting: RolloutSetting): Promise<void> {
    const one: Sent = { setting, confirmedAtMs: null }
    sent.push(one)
    trace.note('rollout', () => JSON.stringify(setting))
    const changed = await keeper.desk().change(setting, by)
    if (changed.ok && changed.value.unconfirmed === 0) one.confirmedAtMs = scheduler.now()
    trace.note('rollout', () => (one.confirmedAtMs === null ? 'not confirmed yet' : 'confirmed'))
  }

  return {
    begin(how) {
      tell = how
    },
    copyOf: (workspaceId, storage, isThere) =>
      new RolloutCopy({
        storage: createSqlStorage(storage),
        clock: scheduler,
        async ask() {
          const told = await askWay.cross(() => keeper.desk().rolloutFor(workspaceId))
          return isThere() ? told : new Promise<never>(() => undefined)
        },
        keepAlive: () => undefined,
      }),
    plan(untilMs) {
      const spanMs = untilMs - scheduler.now()
      const changeAt = (atMs: number) =>
        scheduler.schedule(() => void change(drawSetting(dice)), Math.min(spanMs, atMs))
      for (let index = dice.between(3, 12); index > 0; index -= 1) {
        const atMs = dice.between(0, spanMs)
        changeAt(atMs)
        // Somebody changes their mind, perhaps before the first change is confirmed.
        if (dice.happens(0.5)) changeAt(atMs + dice.between(1, mindChangedMs))
      }
      for (let index = dice.between(0, 3); index > 0; index -= 1)
        scheduler.schedule(keeper.restart, dice.between(0, spanMs))
    },
    answered: createCheck(nature, sent),
    calm() {
      tellWay.calm()
      void change(defaultRollout)
    },
    isOn: () => keeper.desk().read().mode === 'on' && keeper.desk().read().unconfirmed === 0,
  }
}

/** The desk on one machine after the other, always with the same storage. */
function createKeeper(
  { scheduler, trace }: Nature,
  tell: (scope: string, news: RolloutNews) => Promise<number>,
) {
  const database = new DatabaseSync(':memory:')
  const open = (): RolloutDesk => {
    const opened: RolloutDesk = createRolloutDesk({
      ...{ storage: createSqlStorage(database), clock: scheduler, tell },
      hasOriginRoom: () => true,
      onChange: () => trace.happened('the rollout is changed'),
      wake: (inMs) => goOn(opened, inMs),
    })
    return opened
  }
  /** The object's own timer, as long as it is on this machine. */
  const goOn = (of: RolloutDesk, inMs: number) => {
    scheduler.schedule(() => {
      const nextMs = of === desk ? of.tick() : null
      if (nextMs !== null) goOn(of, nextMs)
    }, inMs)
  }
  let desk = open()
  return {
    desk: () => desk,
    restart() {
      trace.happened('the keeper of the rollout restarts')
      desk = open()
      goOn(desk, 0)
    },
  }
}

function createCheck({ setup, scheduler, trace }: Nature, sent: readonly Sent[]): Rollouts['answered'] {
  return ({ workspaceId, atMs }, { source, status, isProven }) => {
    // An answer that could not be proved says so: the ledger, which knows the rollout, was out of reach.
    if (!isProven) return
    // A load that began before the change may end, since the database answers it. Its entry is judged when it is read.
    const knownAtMs = source === 'database' ? atMs : Math.max(atMs, scheduler.now() - proofMaxMs)
    const latestMs = knownAtMs - setup.boundMs
    const isConfirmed = ({ confirmedAtMs }: Sent) => confirmedAtMs !== null && confirmedAtMs < latestMs
    const last = Math.max(0, sent.findLastIndex(isConfirmed))
    if (sent.slice(last).some(({ setting }) => rolloutOf(setting, workspaceId) === 'on')) return
    if (status === 'BYPASS') return trace.happened('the database answers because of the rollout')
    const confirmedMs = scheduler.now() - (sent[last]?.confirmedAtMs ?? 0)
    throw new BrokenPromise(
      `rollout: ${workspaceId} was answered (${status}, ${source}) although it was off, confirmed ${confirmedMs} ms before`,
    )
  }
}

function drawSetting(dice: Nature['dice']): RolloutSetting {
  const some = () => workspaceIds.filter(() => dice.happens(0.2)).map((id) => workspaceIdSchema.parse(id))
  return {
    mode: dice.pick(rolloutModes),
    percent: dice.pick([0, 25, 50, 100]),
    allow: some(),
    deny: some(),
    shadowed: some(),
  }
}

function idOf(scope: string): WorkspaceId {
  return scope === deploymentId ? deploymentId : workspaceIdSchema.parse(scope)
}
