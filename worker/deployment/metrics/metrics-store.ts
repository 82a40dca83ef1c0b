import { DurableObject } from 'cloudflare:workers'
import { z } from 'zod'
import { systemClock, withinDeadline } from '../../../shared/clock.ts'
import { limits } from '../../../shared/limits.ts'
import { overviewName } from '../../platform/object-names.ts'
import type { Pulse } from '../../platform/pulse.ts'
import { createPulse } from '../../platform/pulse.ts'
import type { Causes } from './causes/cause-batch.ts'
import { createCauseRelay } from './causes/cause-relay.ts'
import type { FlushId, MetricsShard, MetricsSums, Receipt, ShardReport } from './figures.ts'
import type { Gauges } from './gauges.ts'
import { mergeGauges } from './gauges.ts'
import { heardOfMs, pauseFor } from './overview.ts'
import { batchMs } from './recorder.ts'
import type { Totals } from './totals.ts'
import { emptyTotals, mergeTotals, totalsSchema } from './totals.ts'

/**
 * The last sequence number of a writer is kept until this many batches of all writers have arrived after it. This
 * bounds the table of writers.
 */
const writersMax = 50_000
const batchesBetweenCleanings = 1_000

/**
 * The pause between two reports to the overview unless it wants a longer one, and the longest pause while it does not
 * answer.
 */
const reportMs = 1_000
const reportRetryMaxMs = 60_000

const sumRowSchema = z.object({ batches: z.int(), totals: z.string() })
const writerRowSchema = z.object({ sequence: z.int() })
const identityRowSchema = z.object({ epoch: z.string(), location: z.string() })

interface Bindings {
  readonly METRICS_OVERVIEW: DurableObjectNamespace<MetricsSums>
}

/**
 * Sums the figures of one location, after which it is named. A Durable Object's answer leaves only after its writes are
 * durable (Cloudflare, Durable Objects: output gates), so a confirmed batch is not lost. The sum and the batch's number
 * are written together, so a batch that is sent twice counts once. One second after a batch it reports to the overview.
 *
 * A shard takes 200 calls a second, whatever the number of isolates: each isolate sends at most two batches a second,
 * and from the hundredth isolate on each is told to wait longer, up to 10 s, which is enough for 2,000 of them.
 */
export class MetricsStore extends DurableObject<Bindings> implements MetricsShard {
  private readonly sql: SqlStorage
  private readonly writers = new Map<string, { readonly gauges: Gauges; readonly heardAtMs: number }>()
  private sum: Totals = emptyTotals()
  private batches = 0
  private identity: z.output<typeof identityRowSchema> | null = null
  private readonly causes = createCauseRelay(crypto.randomUUID())
  private readonly pulse: Pulse
  private reportPauseMs = reportMs
  private failures = 0

  constructor(state: DurableObjectState, env: Bindings) {
    super(state, env)
    this.sql = state.storage.sql
    this.pulse = createPulse({
      clock: systemClock,
      setAlarm: (atMs) => state.storage.setAlarm(atMs),
      beat: () => this.report(),
    })
    this.sql.exec(`create table if not exists sum
      (id integer primary key check (id = 1), batches integer not null, totals text not null)`)
    this.sql.exec(`create table if not exists writers
      (writer text primary key, sequence integer not null, batch integer not null) without rowid`)
    this.sql.exec(`create table if not exists identity
      (id integer primary key check (id = 1), epoch text not null, location text not null)`)
    const identity = this.sql.exec('select epoch, location from identity').toArray()[0]
    if (identity !== undefined) this.identity = identityRowSchema.parse(identity)
    const row = this.sql.exec('select batches, totals from sum').toArray()[0]
    if (row === undefined) return
    const { batches, totals } = sumRowSchema.parse(row)
    this.batches = batches
    this.sum = totalsSchema.parse(JSON.parse(totals))
  }

  /** Adds a batch once: a sequence number that is not above the writer's last one changes nothing. */
  add(
    { writer, sequence }: FlushId,
    location: string,
    totals: Totals,
    gauges: Gauges,
    causes: Causes | null = null,
  ): Receipt {
    this.hear(writer, gauges)
    const last = this.sql.exec('select sequence from writers where writer = ?', writer).toArray()[0]
    if (last === undefined || sequence > writerRowSchema.parse(last).sequence) {
      this.write({ writer, sequence }, location, mergeTotals(this.sum, totals))
      if (causes !== null) this.causes.add(causes)
    }
    this.pulse.within(this.reportPauseMs)
    return { nextMs: pauseFor(this.writers.size, batchMs) }
  }

  currentReport(): ShardReport | null {
    return this.makeReport(true)
  }

  private makeReport(isFetched: boolean): ShardReport | null {
    if (this.identity === null) return null
    const gauges = mergeGauges([...this.heardOf()].map((each) => each.gauges))
    const causes = this.causes.delivery(Date.now(), isFetched)
    const report = { ...this.identity, batches: this.batches, totals: this.sum, gauges }
    return causes === null ? report : { ...report, causes }
  }

  override alarm(): Promise<void> {
    return this.pulse.alarm()
  }

  /**
   * Reports the sum to the overview, and says when to try again: later each time while the overview is out of reach.
   */
  private async report(): Promise<number | null> {
    const report = this.makeReport(false)
    if (report === null) return null
    const receipt = await withinDeadline(
      systemClock,
      limits.metricsStoreDeadlineMs,
      () => this.send(report),
      null,
    )
    if (receipt === null) {
      this.failures += 1
      return Math.min(reportMs * 2 ** this.failures, reportRetryMaxMs)
    }
    this.failures = 0
    this.reportPauseMs = Math.max(reportMs, receipt.nextMs)
    if (report.causes !== undefined) this.causes.confirm(report.causes)
    if (this.batches > report.batches) return this.reportPauseMs
    return this.causes.isEmpty ? null : limits.causesDeliveryMs
  }

  private async send(report: ShardReport): Promise<Receipt | null> {
    const overviews = this.env.METRICS_OVERVIEW
    try {
      return await overviews.get(overviews.idFromName(overviewName)).report(report)
    } catch {
      return null
    }
  }

  private write({ writer, sequence }: FlushId, location: string, sum: Totals): void {
    const batches = this.batches + 1
    const identity = this.identity ?? { epoch: crypto.randomUUID(), location }
    this.ctx.storage.transactionSync(() => {
      this.sql.exec(
        'insert or ignore into identity (id, epoch, location) values (1, ?, ?)',
        identity.epoch,
        identity.location,
      )
      this.sql.exec(
        'insert or replace into writers (writer, sequence, batch) values (?, ?, ?)',
        writer,
        sequence,
        batches,
      )
      this.sql.exec(
        'insert or replace into sum (id, batches, totals) values (1, ?, ?)',
        batches,
        JSON.stringify(sum),
      )
      if (batches % batchesBetweenCleanings === 0) {
        this.sql.exec('delete from writers where batch <= ?', batches - writersMax)
      }
    })
    this.sum = sum
    this.batches = batches
    this.identity = identity
  }

  /**
   * Remembers a writer's gauges, in memory only: after a restart every active writer sends them again within seconds.
   */
  private hear(writer: string, gauges: Gauges): void {
    this.writers.delete(writer)
    this.writers.set(writer, { gauges: { isolates: 1, ...gauges }, heardAtMs: Date.now() })
    // The map is ordered by time, with the writer heard from longest ago first.
    for (const [each, { heardAtMs }] of this.writers) {
      if (Date.now() - heardAtMs < heardOfMs) break
      this.writers.delete(each)
    }
  }

  private heardOf() {
    return [...this.writers.values()].filter(({ heardAtMs }) => Date.now() - heardAtMs < heardOfMs)
  }
}
