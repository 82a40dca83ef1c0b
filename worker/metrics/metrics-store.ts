import { DurableObject } from 'cloudflare:workers'
import { z } from 'zod'
import { systemClock } from '../../shared/clock.ts'
import type { AlertReport, AlertSettings, AlertSettingsChange } from '../../shared/contract/alerts.ts'
import type { Fault } from '../../shared/contract/errors.ts'
import type { Result } from '../../shared/result.ts'
import { parseConfig, type Variables } from '../config.ts'
import type { MonitorView } from '../monitoring/monitor.ts'
import { Watchman } from '../monitoring/watchman.ts'
import type { FlushId } from './recorder.ts'
import type { Totals } from './totals.ts'
import { emptyTotals, mergeTotals, totalsSchema } from './totals.ts'

/** A writer's last batch is remembered for so many batches of all: what bounds the table of writers. */
const writersMax = 50_000
const batchesBetweenCleanings = 1_000

const sumRowSchema = z.object({ batches: z.int(), totals: z.string() })
const writerRowSchema = z.object({ sequence: z.int() })

/**
 * Sums the figures of the whole deployment: one object, one row. A Durable Object's answer leaves only once what it
 * wrote is durable (Cloudflare, Durable Objects: output gates), so a batch that was confirmed is not lost; and the
 * sum and the batch's number are written together, so a batch sent twice counts once.
 */
export class MetricsStore extends DurableObject<Variables> {
  private readonly sql: SqlStorage
  private readonly watchman: Watchman
  private sum: Totals = emptyTotals()
  private batches = 0

  constructor(state: DurableObjectState, env: Variables) {
    super(state, env)
    this.sql = state.storage.sql
    this.sql.exec(`create table if not exists sum
      (id integer primary key check (id = 1), batches integer not null, totals text not null)`)
    this.sql.exec(`create table if not exists writers
      (writer text primary key, sequence integer not null, batch integer not null) without rowid`)
    const row = this.sql.exec('select batches, totals from sum').toArray()[0]
    if (row !== undefined) {
      const { batches, totals } = sumRowSchema.parse(row)
      this.batches = batches
      this.sum = totalsSchema.parse(JSON.parse(totals))
    }
    this.watchman = new Watchman(parseConfig(env), state.storage, systemClock, () => this.sum)
  }

  /** Adds a batch, once: a writer's number that is not above its last one changes nothing. */
  add({ writer, sequence }: FlushId, totals: Totals): void {
    const last = this.sql.exec('select sequence from writers where writer = ?', writer).toArray()[0]
    if (last !== undefined && sequence <= writerRowSchema.parse(last).sequence) return
    const sum = mergeTotals(this.sum, totals)
    const batches = this.batches + 1
    this.ctx.storage.transactionSync(() => {
      this.sql.exec('insert or replace into writers values (?, ?, ?)', writer, sequence, batches)
      this.sql.exec('insert or replace into sum values (1, ?, ?)', batches, JSON.stringify(sum))
      if (batches % batchesBetweenCleanings === 0) {
        this.sql.exec('delete from writers where batch <= ?', batches - writersMax)
      }
    })
    this.sum = sum
    this.batches = batches
    this.watchman.noteNews()
  }

  read(): Totals {
    return this.sum
  }

  override alarm(): void {
    this.watchman.ring()
  }

  view(): MonitorView {
    this.watchman.arm()
    return this.watchman.monitor.view()
  }

  alertReport(): AlertReport {
    this.watchman.arm()
    return this.watchman.monitor.report()
  }

  alertSettings(): AlertSettings {
    return this.watchman.monitor.settings()
  }

  changeAlertSettings(change: AlertSettingsChange): Result<AlertSettings, Fault[]> {
    return this.watchman.monitor.changeSettings(change)
  }

  /** Server-Sent Events; null where there are too many streams. */
  openStream(lastEventId: number | null): ReadableStream<Uint8Array> | null {
    const stream = this.watchman.monitor.openStream(lastEventId)
    this.watchman.arm()
    return stream
  }
}
