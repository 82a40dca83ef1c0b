import type { Clock } from '../../../shared/clock.ts'
import { withinDeadline } from '../../../shared/clock.ts'
import { limits } from '../../../shared/limits.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'
import type { Figures, OriginStatus, Receipt, Sample, ShardReport } from './figures.ts'
import type { Gauges } from './gauges.ts'
import type { OriginReport } from './origin-figures.ts'
import type { Account, OverviewBook } from './overview-book.ts'
import { openOverviewBook } from './overview-book.ts'
import { readSums } from './read-sums.ts'
import type { Samples } from './samples.ts'
import { coarseMs, createSamples, mergeSamples } from './samples.ts'
import type { Totals } from './totals.ts'
import { emptyTotals, isEmpty, mergeTotals, subtractTotals } from './totals.ts'

/**
 * The figures of the whole deployment: what the shards of the locations and the origin last told, its sum, and what
 * happened in the last hour. Shards tell their sums whole, so a report that comes twice, late or out of order does no
 * harm, and what a restart of the overview loses of the last seconds is in the next report.
 */
export interface Overview {
  report(report: ShardReport): Receipt
  /** With the news of every shard that is in use, `location`'s own among them. Somebody watches. */
  read(location: string): Promise<Figures>
  /** What is known now; nobody is asked. */
  snapshot(): Figures
  readonly samples: Samples
  /** Somebody watches: there is a sample a second for the next half minute. */
  watch(): void
  /** Makes a sample; answers in how many milliseconds the next one is due. */
  tick(): Promise<number>
}

export interface OverviewOptions {
  readonly storage: SqlStorage
  readonly clock: Clock
  fetchShardReport(location: string): Promise<ShardReport | null>
  /** Null where it does not answer, in time or at all. Never rejects. */
  fetchOriginReport(): Promise<OriginReport | null>
  /** The next sample is due sooner than was said. */
  wake(inMs: number): void
  /** Each sample as it is made: where alerts are evaluated. That it throws is logged, and does no harm. */
  onSample?(sample: Sample, overview: Overview): void
}

/** Between two samples while there is something to see, and while there is not. */
const busyEveryMs = 1_000
const quietEveryMs = 10_000
/** How long there is something to see after the last news, and after the last who watched. */
const newsLastMs = 15_000
const watchedMs = 30_000
const originEveryMs = 5_000
/** A shard not heard of for so long has no news; whose gauges nobody confirmed so long are not shown. */
export const heardOfMs = 60_000
/** The reporter of the origin's own counters. Locations have other names: they are letters and digits. */
const originReporter = '@origin'

export function createOverview(options: OverviewOptions): Overview {
  return new DeploymentOverview(options)
}

class DeploymentOverview implements Overview {
  readonly samples: Samples
  private readonly options: OverviewOptions
  private readonly book: OverviewBook
  private readonly accounts = new Map<string, Account>()
  private readonly unwritten = new Set<string>()
  private readonly gauges = new Map<string, { readonly gauges: Gauges; readonly heardAtMs: number }>()
  private sum: Totals = emptyTotals()
  private news: Totals = emptyTotals()
  private unkept: Sample[] = []
  private sampledAtMs: number
  private newsAtMs = 0
  private watchedAtMs = 0
  private origin: OriginStatus | null = null
  private originFetchedAtMs = 0
  private isQuiet = true
  /** After a start nobody knows who has news: all are asked once. */
  private hasRefreshedAll = false

  constructor(options: OverviewOptions) {
    this.options = options
    this.book = openOverviewBook(options.storage)
    this.samples = createSamples(this.book.samples())
    this.sampledAtMs = options.clock.now()
    for (const account of this.book.accounts()) {
      this.accounts.set(nameOf(account), account)
      this.sum = mergeTotals(this.sum, account.totals)
    }
  }

  report({ location, epoch, batches, totals, gauges }: ShardReport): Receipt {
    this.gauges.set(location, { gauges, heardAtMs: this.now() })
    this.enter({ reporter: location, epoch, batches, totals, heardAtMs: this.now() })
    if (this.isQuiet) {
      this.isQuiet = false
      this.options.wake(busyEveryMs)
    }
    const callsPerSecond = this.locationsInUse().length
    return { nextMs: pauseFor(callsPerSecond, busyEveryMs) }
  }

  async read(location: string): Promise<Figures> {
    this.watch()
    const away = await this.refreshShards(new Set([...this.locationsToRefresh(), location]))
    return { ...this.snapshot(), shardsAway: away }
  }

  snapshot(): Figures {
    const nowMs = this.now()
    const recent = [...this.gauges].filter(([, { heardAtMs }]) => nowMs - heardAtMs < heardOfMs)
    return {
      atMs: nowMs,
      totals: this.sum,
      gauges: Object.fromEntries(recent.map(([location, { gauges }]) => [location, gauges])),
      shards: this.locations().length,
      shardsAway: 0,
      origin: this.origin,
    }
  }

  watch(): void {
    this.watchedAtMs = this.now()
    if (!this.isQuiet) return
    this.isQuiet = false
    this.options.wake(busyEveryMs)
  }

  async tick(): Promise<number> {
    if (!this.hasRefreshedAll) await this.refreshShards(new Set(this.locationsToRefresh()))
    const nowMs = this.now()
    const isBusy = nowMs - this.newsAtMs < newsLastMs || nowMs - this.watchedAtMs < watchedMs
    // Not waited for: an origin that hangs shall not stretch the samples.
    if (nowMs - this.originFetchedAtMs >= originEveryMs) void this.refreshOrigin()
    const sample = {
      atMs: nowMs,
      spanMs: Math.max(1, nowMs - this.sampledAtMs),
      totals: this.news,
      sums: readSums(this.news),
    }
    this.sampledAtMs = nowMs
    this.news = emptyTotals()
    this.samples.add(sample)
    this.keep(sample)
    this.isQuiet = !isBusy
    this.show(sample)
    return isBusy ? busyEveryMs : quietEveryMs
  }

  /** What fails at a sample is told, and costs neither the sample nor the next one its time. */
  private show(sample: Sample): void {
    try {
      this.options.onSample?.(sample, this)
    } catch (error) {
      // The name alone: a message may hold anything.
      const name = error instanceof Error ? error.name : 'unknown'
      console.error(JSON.stringify({ level: 'error', message: 'a sample was not evaluated', error: name }))
    }
  }

  /** Takes what is newer than what is known, and adds the difference to the sum. */
  private enter(account: Account): void {
    const name = nameOf(account)
    const known = this.accounts.get(name)
    if (known !== undefined && account.batches <= known.batches) {
      this.accounts.set(name, { ...known, heardAtMs: account.heardAtMs })
      return
    }
    const more = known === undefined ? account.totals : subtractTotals(account.totals, known.totals)
    this.accounts.set(name, account)
    this.unwritten.add(name)
    if (isEmpty(more)) return
    this.sum = mergeTotals(this.sum, more)
    this.news = mergeTotals(this.news, more)
    if (account.reporter !== originReporter) this.newsAtMs = this.now()
  }

  /** Asks shards for what they hold; answers how many did not tell. */
  private async refreshShards(locations: ReadonlySet<string>): Promise<number> {
    const { fetchShardReport, clock } = this.options
    const refreshed = [...locations].map(async (location) => {
      const attempt = () => fetchShardReport(location).then((report) => ({ report }))
      const answer = await withinDeadline(
        clock,
        limits.shardDeadlineMs,
        () => attempt().catch(() => null),
        null,
      )
      if (answer?.report) this.report(answer.report)
      return answer === null ? 1 : 0
    })
    return (await Promise.all(refreshed)).reduce<number>((away, each) => away + each, 0)
  }

  private async refreshOrigin(): Promise<void> {
    const fetchedAtMs = this.now()
    this.originFetchedAtMs = fetchedAtMs
    const report = await this.options.fetchOriginReport()
    if (report === null) {
      const unknown = { queriesRunning: null, queriesWaiting: null, outbox: null }
      this.origin = { ...(this.origin ?? unknown), fetchedAtMs, isUp: false }
      return
    }
    const { instance, totals, status } = report
    this.origin = { ...status, fetchedAtMs, isUp: true }
    this.enter({
      reporter: originReporter,
      epoch: instance,
      batches: fetchedAtMs,
      heardAtMs: fetchedAtMs,
      totals,
    })
  }

  /** Written down once in the span that older samples are put together to: a row then, and one for each who had news. */
  private keep(sample: Sample): void {
    this.unkept.push(sample)
    const sinceMs = sample.atMs - (this.unkept[0]?.atMs ?? sample.atMs)
    if (sinceMs < coarseMs && this.unkept.length < coarseMs / busyEveryMs) return
    const whole = mergeSamples(this.unkept)
    // What cannot be written is written with the next.
    this.unkept = [whole]
    if (!isEmpty(whole.totals) || this.unwritten.size > 0) {
      const changed = [...this.unwritten].flatMap((name) => this.accounts.get(name) ?? [])
      this.book.write(changed, whole, sample.atMs - limits.samplesKeptSeconds * 1_000)
    }
    this.unkept = []
    this.unwritten.clear()
  }

  private locations(): string[] {
    const reporters = [...this.accounts.values()].map(({ reporter }) => reporter)
    return [...new Set(reporters)].filter((reporter) => reporter !== originReporter)
  }

  private locationsToRefresh(): string[] {
    const locations = this.hasRefreshedAll ? this.locationsInUse() : this.locations()
    this.hasRefreshedAll = true
    return locations
  }

  /** Those that may have news. */
  private locationsInUse(): string[] {
    const nowMs = this.now()
    return this.locations().filter(
      (location) => nowMs - (this.gauges.get(location)?.heardAtMs ?? 0) < heardOfMs,
    )
  }

  private now(): number {
    return this.options.clock.now()
  }
}

function nameOf({ reporter, epoch }: Pick<Account, 'reporter' | 'epoch'>): string {
  return `${reporter} ${epoch}`
}

/** How long each of so many callers waits until its next call, so that they stay within the limit together. */
export function pauseFor(callers: number, leastMs: number): number {
  const neededMs = (callers * 1_000) / limits.figuresCallsPerSecondMax
  return Math.min(Math.max(leastMs, Math.ceil(neededMs)), limits.figuresPauseMaxMs)
}
