import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import type { Mark, MarkAnswer } from '../../shared/contract/marks.ts'
import { positionOf } from '../../shared/contract/marks.ts'
import type { MarksHealth } from '../../shared/contract/origin.ts'
import { scopeIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { PostMark } from './delivery.ts'
import type { Marked, MarkRefusal, MarkSource, Snapshot } from './mark-source.ts'

/**
 * Proves to the ledgers up to when everything that was committed has been told to them. Each beat does three things in this order:
 * it asks which workspaces still have rows of the snapshot that the last beat took, posts the mark, and takes the next snapshot,
 * under the instant that the answer brought. A snapshot that is taken before its instant came could lack what was committed in between.
 *
 * Any number of relays may mark; the greatest instant counts. If the deployment knows another database, or a later state of this
 * one, this one was restored or promoted: it then moves everything before it marks again.
 */
export interface Marker {
  start(): void
  readonly health: MarksHealth['status']
  /** The database of the last mark that was taken; null if another one was met since, or if none was taken. */
  readonly marked: Marked | null
  stop(): Promise<void>
}

interface MarkerOptions {
  readonly source: MarkSource
  readonly post: PostMark
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
  readonly logger: Pick<Logger, 'info' | 'warn'>
  /** Called when there is much to deliver. */
  readonly wakeRelay: () => void
}

/** The pause between two beats, and the pause while the database takes no marks or does not answer. */
const beatMs = 2_000
const quietBeatMs = 10_000
/** The time from one move of everything to the next. Each makes every workspace load its entries again. */
const moveEverythingEveryMs = 300_000

/** A snapshot, and the instant that came before it was taken. */
interface Held extends Snapshot {
  readonly atMs: number
}

/**
 * The refusal after which everything was moved, and the database that was refused, with its latest known position. It says nothing
 * about a database that was restored since: the moves may be lost with it.
 */
interface Moved extends Marked {
  readonly succession: number
}

export function createMarker(options: MarkerOptions): Marker {
  return new OutboxMarker(options)
}

class OutboxMarker implements Marker {
  private readonly options: MarkerOptions
  private held: Held | null = null
  private lastMarked: Marked | null = null
  private moved: Moved | null = null
  private movedAtMs = Number.NEGATIVE_INFINITY
  private state: MarksHealth['status'] = 'starting'
  private isStopping = false
  private endPause: (() => void) | null = null
  private running: Promise<void> | null = null

  constructor(options: MarkerOptions) {
    this.options = options
  }

  start(): void {
    this.running ??= this.run()
  }

  get health(): MarksHealth['status'] {
    return this.state
  }

  get marked(): Marked | null {
    return this.lastMarked
  }

  async stop(): Promise<void> {
    this.isStopping = true
    this.endPause?.()
    await this.running
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      const isWell = await this.beat()
      await this.pause(isWell ? beatMs : quietBeatMs)
    }
  }

  /** Answers whether marks are being taken. */
  private async beat(): Promise<boolean> {
    const due = await this.dueMark()
    if (due === 'wait') return this.state === 'running' || this.state === 'starting'
    const posted = await this.options.post(due)
    if (!posted.ok) return this.note('failing')
    const { outcome, now, succession } = posted.value
    if (outcome === 'taken') {
      this.moved = null
      this.lastMarked = due
    }
    if (outcome === 'refused') this.lastMarked = null
    if (outcome === 'refused' && this.held !== null) {
      const { database, position } = this.held
      this.held = null
      if (!(await this.moveEverything({ succession, database, position }))) return this.note('refused')
    }
    return this.takeSnapshot(now, outcome)
  }

  /** The mark of the held snapshot; null if there is none, and `wait` if it cannot be posted yet. */
  private async dueMark(): Promise<Mark | null | 'wait'> {
    const held = this.held
    if (held === null) return null
    const answer = await this.options.source.untold(held)
    if (!answer.ok) {
      this.note('failing')
      return 'wait'
    }
    if (answer.value.said === 'refused') {
      this.held = null
      this.note(answer.value.reason)
      return 'wait'
    }
    // Another database than the snapshot's: the next snapshot is of this one.
    if (answer.value.said === 'another') {
      this.moved = null
      this.lastMarked = null
      return null
    }
    const except = [...new Set([...held.noted, ...answer.value.untold])]
    if (except.length > limits.markExceptionsMax) {
      // Rows of the snapshot are being delivered and become fewer. Those that were noted stay.
      if (held.noted.length > limits.markExceptionsMax) this.held = null
      return 'wait'
    }
    return {
      at: held.atMs,
      database: held.database,
      position: held.position,
      // Nothing is cached of a workspace whose id the API does not accept.
      except: except.flatMap((id) => scopeIdSchema.safeParse(id).data ?? []),
      ...(this.moved === null ? {} : { succeeds: this.moved.succession }),
    }
  }

  private async takeSnapshot(atMs: number, outcome: MarkAnswer['outcome']): Promise<boolean> {
    const taken = await this.options.source.take()
    if (!taken.ok) {
      this.held = null
      return this.note('failing')
    }
    if (taken.value.said === 'refused') {
      this.held = null
      return this.note(taken.value.reason)
    }
    const { snapshot, database, position, noted } = taken.value
    this.held = { snapshot, database, position, noted, atMs }
    if (this.moved !== null) {
      const isSame =
        database === this.moved.database && positionOf(position) >= positionOf(this.moved.position)
      this.moved = isSame ? { ...this.moved, position } : null
    }
    return outcome === 'taken' || outcome === 'overtaken' ? this.note('running') : true
  }

  /** Moves everything, so that no entry of the former database is taken for one of this. Answers whether it did. */
  private async moveEverything(refused: Moved): Promise<boolean> {
    const { clock, source, logger, wakeRelay } = this.options
    if (clock.now() - this.movedAtMs < moveEverythingEveryMs) return false
    logger.warn('the database is another one than before or has gone back: everything is moved')
    const moved = await source.moveEverything()
    if (!moved.ok) return false
    this.movedAtMs = clock.now()
    this.moved = refused
    wakeRelay()
    return true
  }

  private note(state: MarksHealth['status'] | MarkRefusal): boolean {
    if (state !== this.state) this.options.logger.info({ state }, 'marks of the database')
    this.state = state
    return state === 'running'
  }

  /** A random pause around the given one, so that relays that started together do not beat together. */
  private pause(aroundMs: number): Promise<void> {
    if (this.isStopping) return Promise.resolve()
    const { clock, random } = this.options
    return new Promise((resolve) => {
      const end = () => {
        cancel()
        this.endPause = null
        resolve()
      }
      const cancel = clock.schedule(end, aroundMs * (0.75 + random() / 2))
      this.endPause = end
    })
  }
}
