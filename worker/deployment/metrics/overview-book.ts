import { z } from 'zod'
import type { SqlStorage } from '../../platform/sql-storage.ts'
import type { Sample } from './figures.ts'
import { readSums } from './read-sums.ts'
import { sampledTotals } from './sampled-totals.ts'
import type { Totals } from './totals.ts'
import { mergeTotals, totalsSchema } from './totals.ts'

/** The sums of one reporter, as last stored. */
export interface Account {
  readonly reporter: string
  readonly epoch: string
  readonly batches: number
  readonly heardAtMs: number
  readonly totals: Totals
}

/** The data that the overview keeps in SQLite: the accounts that its sums are made of, and an hour of samples. */
export interface OverviewBook {
  accounts(): Account[]
  samples(): Sample[]
  /**
   * Stores all of it or nothing, together with what `more` stores: a sample or an hour never gets apart from the accounts it was taken
   * from.
   */
  write(accounts: Iterable<Account>, sample: Sample | null, forgetBeforeMs: number, more?: () => void): void
}

/**
 * How many epochs of one reporter are kept apart. When there are more, the one heard from longest ago is added to the
 * retired sum. Each start of the origin has a new epoch, and many processes may run behind one name.
 */
const epochsMax = 32
const retiredEpoch = 'retired'

const schema = `
  create table if not exists accounts (reporter text not null, epoch text not null, batches integer not null,
    heard_at_ms integer not null, totals text not null, primary key (reporter, epoch)) without rowid;
  create table if not exists samples (at_ms integer primary key, span_ms integer not null, totals text not null);`

const totalsText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(totalsSchema)
const accountRow = z.object({
  reporter: z.string(),
  epoch: z.string(),
  batches: z.number(),
  heard_at_ms: z.number(),
  totals: totalsText,
})
const sampleRow = z.object({ at_ms: z.number(), span_ms: z.number(), totals: totalsText })

export function openOverviewBook(storage: SqlStorage): OverviewBook {
  const run = (statement: string, ...values: (string | number)[]) => [
    ...storage.sql.exec(statement, ...values),
  ]
  const put = ({ reporter, epoch, batches, heardAtMs, totals }: Account) =>
    run(
      'insert or replace into accounts (reporter, epoch, batches, heard_at_ms, totals) values (?, ?, ?, ?, ?)',
      ...[reporter, epoch, batches, heardAtMs, JSON.stringify(totals)],
    )
  const accountsOf = (statement: string, ...values: (string | number)[]) =>
    run(statement, ...values).map((row): Account => {
      const { heard_at_ms, ...account } = accountRow.parse(row)
      return { ...account, heardAtMs: heard_at_ms }
    })

  function retire(reporter: string): void {
    const newestFirst = accountsOf(
      'select * from accounts where reporter = ? and epoch <> ? order by heard_at_ms desc',
      ...[reporter, retiredEpoch],
    )
    for (const account of newestFirst.slice(epochsMax)) {
      const [retired] = accountsOf(
        'select * from accounts where reporter = ? and epoch = ?',
        ...[reporter, retiredEpoch],
      )
      const totals = retired === undefined ? account.totals : mergeTotals(retired.totals, account.totals)
      put({ ...account, epoch: retiredEpoch, totals })
      run('delete from accounts where reporter = ? and epoch = ?', reporter, account.epoch)
    }
  }

  storage.transactionSync(() => run(schema))
  return {
    accounts: () => accountsOf('select * from accounts'),
    samples: () =>
      run('select * from samples order by at_ms').map((row) => {
        const { at_ms, span_ms, totals } = sampleRow.parse(row)
        // An earlier release stored the sums of each route and resource.
        return { atMs: at_ms, spanMs: span_ms, totals: sampledTotals(totals), sums: readSums(totals) }
      }),
    write(accounts, sample, forgetBeforeMs, more) {
      storage.transactionSync(() => {
        const reporters = new Set<string>()
        for (const account of accounts) {
          put(account)
          reporters.add(account.reporter)
        }
        for (const reporter of reporters) retire(reporter)
        more?.()
        if (sample === null) return
        const text = JSON.stringify(sample.totals)
        run(
          'insert or replace into samples (at_ms, span_ms, totals) values (?, ?, ?)',
          sample.atMs,
          sample.spanMs,
          text,
        )
        run('delete from samples where at_ms < ?', forgetBeforeMs)
      })
    },
  }
}
