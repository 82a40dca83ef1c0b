import { z } from 'zod'
import type { AlertChange, AlertReport } from '../../../shared/contract/alerts.ts'
import { alertChangeSchema, deliverySchema } from '../../../shared/contract/alerts.ts'
import { limits } from '../../../shared/limits.ts'
import { knownRows } from '../../platform/known-rows.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'

/** A change that waits for the webhook. `tries` counts the next try as well. */
export interface WaitingChange {
  readonly change: AlertChange
  readonly tries: number
}

/**
 * Every change of an alert, with the outcome of its delivery. One table is both the history that is shown and the queue
 * of the webhook, so a change is queued exactly once, in the transaction that records it.
 */
export interface ChangeLog {
  /** Runs within the caller's transaction. Where there is a webhook, changes to `firing` and `resolved` wait for it. */
  append(changes: readonly AlertChange[]): void
  /** The newest first, at most `limits.alertChangesKeptMax`. */
  latest(): AlertReport['changes']
  queue(): AlertReport['webhook']
  /** When the next try is due; null if nothing waits. */
  dueAtMs(): number | null
  /**
   * Takes the changes that are due for a try, only the oldest of each alert, so that the receiver gets an alert's
   * changes in order. Each try is counted and the next one scheduled before anything is sent, so that a crash in
   * between loses neither.
   */
  take(nowMs: number, putOffMs: (tries: number) => number): WaitingChange[]
  /** Records a failed try. The change waits until `nextAtMs`. */
  putOff(id: string, lastStatus: number | null, nextAtMs: number): void
  settle(id: string, status: 'delivered' | 'failed', lastStatus: number | null): void
}

const schema = `
  create table if not exists alert_changes (sequence integer primary key autoincrement, id text not null unique,
    name text not null, body text not null, status text not null, tries integer not null, last_status integer,
    next_at_ms integer not null);
  create index if not exists alert_changes_waiting on alert_changes (name, sequence) where status = 'waiting';`

const rowSchema = z.object({
  body: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(alertChangeSchema),
  status: deliverySchema.shape.status,
  tries: z.int(),
  last_status: z.int().nullable(),
})
const numberRowSchema = z.object({ n: z.number().nullable() })

/** The oldest waiting change of each alert. */
const heads = `select min(sequence) from alert_changes where status = 'waiting' group by name`

/** `hasWebhook` says whether a receiver is configured. */
export function createChangeLog(storage: SqlStorage, hasWebhook: boolean): ChangeLog {
  return new StoredChangeLog(storage, hasWebhook)
}

class StoredChangeLog implements ChangeLog {
  private readonly storage: SqlStorage
  private readonly hasWebhook: boolean

  constructor(storage: SqlStorage, hasWebhook: boolean) {
    this.storage = storage
    this.hasWebhook = hasWebhook
    storage.transactionSync(() => this.rows(schema))
    // The receiver was removed from the configuration, so nothing can be delivered any more.
    if (!hasWebhook) this.rows(`update alert_changes set status = 'failed' where status = 'waiting'`)
  }

  append(changes: readonly AlertChange[]): void {
    if (changes.length === 0) return
    for (const change of changes) this.write(change)
    this.trim()
  }

  latest(): AlertReport['changes'] {
    const rows = this.rows(
      'select body, status, tries, last_status from alert_changes order by sequence desc limit ?',
      limits.alertChangesKeptMax,
    )
    return knownRows(rowSchema, rows).map(({ body, status, tries, last_status }) => ({
      ...body,
      delivery: { status, tries, last_status },
    }))
  }

  queue(): AlertReport['webhook'] {
    const waiting = this.numberOf(`select count(*) as n from alert_changes where status = 'waiting'`)
    return { enabled: this.hasWebhook, waiting: waiting ?? 0 }
  }

  dueAtMs(): number | null {
    return this.numberOf(`select min(next_at_ms) as n from alert_changes where sequence in (${heads})`)
  }

  take(nowMs: number, putOffMs: (tries: number) => number): WaitingChange[] {
    return this.storage.transactionSync(() =>
      this.rows(
        `select sequence, body, status, tries, last_status from alert_changes where sequence in (${heads}) and next_at_ms <= ?
          order by next_at_ms, sequence limit ?`,
        nowMs,
        limits.alertSendsMax,
      ).flatMap((row) => {
        const parsed = rowSchema.safeParse(row)
        if (!parsed.success) {
          const giveUp = `update alert_changes set status = 'failed' where sequence = ?`
          this.rows(giveUp, Number(row['sequence']))
          return []
        }
        const { body: change, tries: tried } = parsed.data
        const tries = tried + 1
        this.rows(
          'update alert_changes set tries = ?, next_at_ms = ? where id = ?',
          tries,
          nowMs + putOffMs(tries),
          change.id,
        )
        return { change, tries }
      }),
    )
  }

  putOff(id: string, lastStatus: number | null, nextAtMs: number): void {
    this.rows('update alert_changes set next_at_ms = ? where id = ?', nextAtMs, id)
    this.noteStatus(id, lastStatus)
  }

  settle(id: string, status: 'delivered' | 'failed', lastStatus: number | null): void {
    this.rows('update alert_changes set status = ? where id = ?', status, id)
    this.noteStatus(id, lastStatus)
  }

  private write(change: AlertChange): void {
    const isSent = this.hasWebhook && (change.to === 'firing' || change.to === 'resolved')
    this.rows(
      'insert into alert_changes (id, name, body, status, tries, next_at_ms) values (?, ?, ?, ?, 0, 0)',
      change.id,
      change.name,
      JSON.stringify(change),
      isSent ? 'waiting' : 'none',
    )
  }

  /** A queue that is too long gives up its oldest changes. Of the changes that no longer wait, the latest are kept. */
  private trim(): void {
    this.rows(
      `update alert_changes set status = 'failed' where sequence in (select sequence from alert_changes
        where status = 'waiting' order by sequence desc limit -1 offset ?)`,
      limits.alertChangesWaitingMax,
    )
    this.rows(
      `delete from alert_changes where status <> 'waiting' and sequence <= (select sequence from alert_changes
        order by sequence desc limit 1 offset ?)`,
      limits.alertChangesKeptMax,
    )
  }

  private noteStatus(id: string, lastStatus: number | null): void {
    if (lastStatus === null) return
    this.rows('update alert_changes set last_status = ? where id = ?', lastStatus, id)
  }

  private numberOf(statement: string): number | null {
    return numberRowSchema.parse(this.rows(statement)[0]).n
  }

  private rows(statement: string, ...values: (string | number)[]) {
    return [...this.storage.sql.exec(statement, ...values)]
  }
}
