import type { MinimalJob, MoveToDelayedOpts } from 'bullmq'
import { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import type { QueueDeclaration } from '../queues.ts'
import { type Keep, SharedBackend } from './shared-backend.ts'
import type { SharedConnection } from './shared-connection.ts'

type WorkspaceLimit = NonNullable<QueueDeclaration['workspaceLimit']>
type Options = ConstructorParameters<typeof SharedBackend>[2]

const claimSchema = z.object({
  id: z.string().nullable(),
  // pg gives a bigint as text.
  wait_ms: z.coerce.number().nullable(),
  is_full: z.boolean(),
})

const newsChannel = 'bullmq_jobs'

/** A claim that finds nothing has looked at every workspace. The next one comes after this many times as long, so that they cannot take up the database. */
const restFactor = 2
const restMaxMs = 250

/**
 * The backend of a queue with a limit for each workspace. Claims go through private.claim_job, which lets the workspaces take turns and
 * counts their starts. A worker that finds every waiting job under its workspace's limit sleeps until the first place is free, or until
 * something changes; BullMQ's own wait would return at once, because jobs are waiting.
 */
export class FairBackend extends SharedBackend {
  readonly #limit: WorkspaceLimit
  readonly #lockMs: number
  readonly #clock: Clock
  /** Something changed since the last claim began, so another one may find a job. */
  #hasNews = true
  /** The end of a run is such a change. While a claim is under way nobody knows. */
  #isFull = true
  #lookAgainAtMs = 0
  #isInterrupted = false
  #endWait: (() => void) | null = null
  #endRest: (() => void) | null = null
  #listensOn: unknown = null

  constructor(parts: {
    readonly connection: SharedConnection
    readonly queue: string
    readonly options: Options
    readonly limit: WorkspaceLimit
    readonly lockMs: number
    readonly clock: Clock
  }) {
    super(parts.connection, parts.queue, parts.options, parts.clock)
    this.#limit = parts.limit
    this.#lockMs = parts.lockMs
    this.#clock = parts.clock
    // The next wait listens on the new connection. News in between was missed.
    parts.connection.on('listenerinvalidated', () => this.#wake())
  }

  override moveToActive(token: string, name?: string) {
    return this.claimed(async () => {
      this.#hasNews = false
      this.#isFull = true
      const nowMs = this.#clock.now()
      const { rows } = await this.connection.pool.query(
        'select * from private.claim_job($1, $2, $3, $4, $5, $6, $7, $8)',
        [
          this.queueName,
          token,
          this.#lockMs,
          Math.floor(nowMs),
          name ?? null,
          this.#limit.startsMax,
          this.#limit.windowMs,
          this.#limit.activeMax,
        ],
      )
      const claim = claimSchema.parse(rows[0])
      this.#isFull = claim.is_full
      if (claim.id === null) {
        const endedAtMs = this.#clock.now()
        this.#lookAgainAtMs = endedAtMs + Math.min(restFactor * (endedAtMs - nowMs), restMaxMs)
        return [null, '', 0, claim.wait_ms === null ? 0 : Math.ceil(nowMs + Math.max(claim.wait_ms, 1))]
      }
      return [(await this.getJobData(claim.id)) ?? null, claim.id, 0, 0]
    })
  }

  // BullMQ claims the next job while it finishes one; here the next one is claimed by itself. The place that became free may be news.

  override async moveToCompleted<T = unknown, R = unknown, N extends string = string>(
    job: MinimalJob<T, R, N>,
    returnValue: R,
    keep: Keep,
    token: string,
  ) {
    const moved = await super.moveToCompleted(job, returnValue, keep, token, false)
    if (this.#isFull) this.#wake()
    return moved
  }

  override async moveToFailed<T = unknown, R = unknown, N extends string = string>(
    job: MinimalJob<T, R, N>,
    reason: string,
    keep: Keep,
    token: string,
    _fetchNext: boolean,
    fields?: Parameters<SharedBackend['moveToFailed']>[5],
  ) {
    const moved = await super.moveToFailed(job, reason, keep, token, false, fields)
    if (this.#isFull) this.#wake()
    return moved
  }

  override async moveToDelayed(
    id: string,
    timestamp: number,
    delayMs: number,
    token?: string,
    options?: MoveToDelayedOpts,
  ) {
    const moved = await super.moveToDelayed(id, timestamp, delayMs, token, { ...options, fetchNext: false })
    if (this.#isFull) this.#wake()
    return moved
  }

  override async waitForJob(blockSeconds: number) {
    await this.#listen()
    if (this.#mayWait && !this.#hasNews) {
      await this.#pause(Math.max(blockSeconds, 0) * 1_000, (end) => {
        this.#endWait = end
      })
    }
    const restMs = this.#lookAgainAtMs - this.#clock.now()
    if (this.#mayWait && restMs > 0) {
      await this.#pause(restMs, (end) => {
        this.#endRest = end
      })
    }
    return null
  }

  override disconnectBlocking(): Promise<void> {
    this.#isInterrupted = true
    this.#endWait?.()
    this.#endRest?.()
    return super.disconnectBlocking()
  }

  override reconnectBlocking(): Promise<void> {
    this.#isInterrupted = false
    this.#listensOn = null
    return super.reconnectBlocking()
  }

  get #mayWait(): boolean {
    return !this.#isInterrupted && this.closing === undefined
  }

  /** Waits for so long, or until the function that it hands out is called. */
  async #pause(ms: number, handOut: (end: (() => void) | null) => void): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.schedule(resolve, ms)
      handOut(() => {
        cancel()
        resolve()
      })
    })
    handOut(null)
  }

  async #listen(): Promise<void> {
    const client = await this.connection.getListenClient()
    if (client === this.#listensOn) return
    client.on('notification', ({ channel, payload }) => {
      if (channel === newsChannel && payload === this.queueName) this.#wake()
    })
    await client.query(`listen ${newsChannel}`)
    this.#listensOn = client
    this.#hasNews = true
  }

  #wake(): void {
    this.#hasNews = true
    this.#endWait?.()
  }
}
