import type { Clock } from '../../../shared/clock.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { AheadOutcome, AheadReason } from '../../events.ts'
import type { DemandBook } from './demand-book.ts'
import { type Turn, Turns } from './turns.ts'
import { beginWithin, lastDaySinceMs, leadMsOf, type WorkspaceHours } from './working-day.ts'

/**
 * Loads what was in demand after a deploy, and before the working hours of the workspaces that want it. It guarantees its bounds for the
 * whole deployment, because there is one: `limits.aheadAtOnce` loads at once, one of a workspace, and none while the origin has no room.
 * It does not guarantee that a load comes before its first reader.
 */
interface AheadDesk {
  /** Takes what an isolate told of demand. */
  take(told: readonly unknown[]): void
  /** Begins what is due. Answers when to come again; null if nothing waits. */
  tick(): number | null
}

export interface AheadDeskParts {
  readonly book: DemandBook
  readonly clock: Clock
  /** Names what keys and code run. Another release may find other entries, or none. */
  readonly release: string
  /** The loads of a workspace at a time; 0 for none. */
  readonly questionsMax: number
  /** Whether the origin has room for more than its readers. */
  mayLoad(): boolean
  /** Loads an entry into the tiers, unless the workspace forbids it. Never rejects. */
  load(turn: Turn): Promise<AheadOutcome>
  /** The working hours of a workspace; null if they cannot be read now. Never rejects. */
  hoursOf(workspaceId: WorkspaceId): Promise<WorkspaceHours | null>
  count(why: AheadReason, outcome: AheadOutcome): void
  /** Asks for the next `tick` earlier than the last one announced. */
  wake(inMs: number): void
}

const againMs = 1_000

interface KnownHours {
  readonly hours: WorkspaceHours | null
  readonly readAtMs: number
}

export function createAheadDesk(parts: AheadDeskParts): AheadDesk {
  const { book, clock, release, questionsMax } = parts
  const turns = new Turns()
  let atOnce = 0
  let pausedUntilMs = 0
  let hasBegun = book.release() === release
  const [originWait, hours] = [createOriginWait(clock), createHours(parts)]

  function add(workspaceId: WorkspaceId, why: Turn['why'], sinceMs: number): void {
    const nowMs = clock.now()
    const asked = book.inDemand(workspaceId, sinceMs, questionsMax)
    const waiting = asked.map((each) => ({ workspaceId, why, asked: each, sinceMs: nowMs }))
    turns.add(workspaceId, waiting)
  }

  function afterDeploy(): void {
    const sinceMs = clock.now() - limits.aheadDeployDemandMs
    for (const workspaceId of book.workspaces()) add(workspaceId, 'deploy', sinceMs)
    hasBegun = true
    originWait.end()
  }

  function beforeWork(): void {
    for (const { workspaceId, beganAtMs, hours: known } of hours.due()) {
      if (known.beginsAtMs - beganAtMs < limits.aheadDayMs) continue
      book.noteBegan(workspaceId, known.beginsAtMs)
      add(workspaceId, 'schedule', lastDaySinceMs(clock.now(), known))
    }
  }

  async function run(turn: Turn): Promise<void> {
    atOnce += 1
    const outcome = await parts.load(turn)
    atOnce -= 1
    turns.end(turn)
    parts.count(turn.why, outcome)
    if (outcome === 'failed') pausedUntilMs = clock.now() + limits.aheadPauseMs
    if (outcome === 'passing' && turn.why === 'deploy' && originWait.begin()) turns.giveUp(clock.now())
    begin()
  }

  /** Begins as many loads as may run. Each begins the next one when it ends. */
  function begin(): void {
    while (atOnce < limits.aheadAtOnce && clock.now() >= pausedUntilMs && parts.mayLoad()) {
      const turn = turns.begin()
      if (turn === null) break
      void run(turn)
    }
  }

  return {
    take(told) {
      book.take(told)
      book.write()
    },
    tick() {
      if (questionsMax === 0) return null
      if (!hasBegun || originWait.isOver()) afterDeploy()
      beforeWork()
      for (const { why } of turns.giveUp(clock.now() - limits.aheadWaitsMaxMs)) parts.count(why, 'refused')
      begin()
      // If the object ends before, the next one begins again, and finds in the tiers what was loaded already.
      const isDone = turns.size === 0 && !originWait.isOn()
      if (isDone && book.release() !== release) book.setRelease(release)
      book.write()
      return isDone ? null : againMs
    },
  }
}

/**
 * The time until what was in demand is loaded once more, because the origin is still of another release and nothing that it gives can be
 * stored. Whatever was loaded before is found then.
 */
function createOriginWait(clock: Clock) {
  const latestMs = clock.now() + limits.aheadOriginWaitsMs
  let untilMs: number | null = null
  return {
    isOn: () => untilMs !== null,
    isOver: () => untilMs !== null && clock.now() >= untilMs,
    /** Answers whether it waits: not for ever. */
    begin(): boolean {
      if (clock.now() >= latestMs) return false
      untilMs ??= clock.now() + limits.aheadOriginLookEveryMs
      return true
    },
    end() {
      untilMs = null
    },
  }
}

/** Knows the working hours of the workspaces that want to be prepared for them. */
function createHours({ book, clock, hoursOf, wake }: AheadDeskParts) {
  const known = new Map<WorkspaceId, KnownHours>()
  const reading = new Set<WorkspaceId>()
  let lookedAtMs = Number.NEGATIVE_INFINITY

  async function read(workspaceId: WorkspaceId): Promise<void> {
    reading.add(workspaceId)
    const hours = await hoursOf(workspaceId)
    reading.delete(workspaceId)
    known.set(workspaceId, { hours, readAtMs: clock.now() })
    // They may begin soon, and others wait to be read.
    lookedAtMs = Number.NEGATIVE_INFINITY
    wake(againMs)
  }

  return {
    /** The workspaces whose time before their hours has come. Hours that are not known are read for a later look. */
    due() {
      const nowMs = clock.now()
      if (nowMs - lookedAtMs < limits.aheadLookEveryMs) return []
      lookedAtMs = nowMs
      const scheduled = book.scheduled()
      const wanted = new Set(scheduled.map(({ workspaceId }) => workspaceId))
      for (const workspaceId of known.keys()) if (!wanted.has(workspaceId)) known.delete(workspaceId)
      return scheduled.flatMap(({ workspaceId, beganAtMs }) => {
        const { hours = null, readAtMs } = known.get(workspaceId) ?? {}
        const isOld = readAtMs === undefined || nowMs - readAtMs >= limits.aheadHoursKeptMs
        if (isOld && !reading.has(workspaceId) && reading.size < limits.aheadHoursReadsMax)
          void read(workspaceId)
        const beginsAtMs = hours === null ? null : beginWithin(nowMs, leadMsOf(workspaceId), hours)
        if (hours === null || beginsAtMs === null) return []
        return [{ workspaceId, beganAtMs, hours: { ...hours, beginsAtMs } }]
      })
    },
  }
}
