import type { Clock } from '../../../shared/clock.ts'
import { withinDeadline } from '../../../shared/clock.ts'
import { limits } from '../../../shared/limits.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'
import type { CauseBook } from './causes/cause-book.ts'
import { openCauseBook } from './causes/cause-book.ts'
import type { Figures, OriginStatus, Receipt, Sample, ShardReport } from './figures.ts'
import type { Gauges } from './gauges.ts'
import type { HourBook } from './hour-book.ts'
import { openHourBook } from './hour-book.ts'
import type { OriginReport } from './origin-figures.ts'
import type { Account, OverviewBook } from './overview-book.ts'
import { openOverviewBook } from './overview-book.ts'
import { readSums } from './read-sums.ts'
import { sampledTotals } from './sampled-totals.ts'
import type { Samples } from './samples.ts'
import { coarseMs, createSamples, mergeSamples } from './samples.ts'
import type { Totals } from './totals.ts'
import { emptyTotals, isEmpty, mergeTotals, subtractTotals } from './totals.ts'
import type { VersionLog } from './version-log.ts'
import { openVersionLog } from './version-log.ts'

/**
 * The figures of the whole deployment: the latest reports of the shards and of the origin, their sum, and what happened
 * in the last hour. Shards report all of their sums each time, so a report that arrives twice, late or out of order
 * does no harm, and whatever a restart of the overview loses is in the next report.
 */
export interface Overview {
  report(report: ShardReport): Receipt
  /** The figures, after every shard in use has reported, the one of `location` included. Counts as watching. */
  read(location: string): Promise<Figures>
  /** The figures as they are known now, without a call. */
  snapshot(): Figures
  readonly samples: Samples
  /** The figures of each hour, where reads and misses come from, and the versions of the Worker. */
  readonly hours: Pick<HourBook, 'resourcesSince' | 'routesSince' | 'oldestMs'>
  readonly causes: Pick<CauseBook, 'over' | 'ofWorkspace'>
  readonly versions: Pick<VersionLog, 'latest'>
  /** Asks the locations in use for what they have counted. */
  refresh(): Promise<void>
  /** Tells the overview that somebody watches: it takes a sample a second for the next half minute. */
  watch(): void
  /** Takes a sample, and answers in how many milliseconds the next one is due. */
  tick(): Promise<number>
}

export interface OverviewOptions {
  readonly storage: SqlStorage
  readonly clock: Clock
  fetchShardReport(location: string): Promise<ShardReport | null>
  /** Null if the origin does not answer in time. Never rejects. */
  fetchOriginReport(): Promise<OriginReport | null>
  /** Gauges of the deployment that others keep, by series. */
  labelledGauges?(): Gauges
  /** Asks for the next `tick` earlier than the last one announced. */
  wake(inMs: number): void
  /**
   * Called with each sample: the alerts are evaluated here. Errors are logged and swallowed: they must not cost a
   * sample.
   */
  onSample?(sample: Sample, overview: Overview): void
}

/** The interval of samples while there is something to see, and otherwise. */
const busyEveryMs = 1_000
const quietEveryMs = 10_000
/** How long there is something to see after the latest news, and after somebody last watched. */
const newsLastMs = 15_000
const watchedMs = 30_000
const originEveryMs = 5_000
/** A shard that has not reported for this long has no news, and its gauges are no longer shown. */
export const heardOfMs = 60_000
/** The reporter of the origin's own counters. Locations consist of letters and digits, so none has this name. */
const originReporter = '@origin'

export function createOverview(options: OverviewOptions): Overview {
  return new DeploymentOverview(options)
}

class DeploymentOverview implements Overview {
  readonly samples: Samples
  readonly hours: HourBook
  readonly causes: CauseBook
  readonly versions: VersionLog
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
  /** After a restart any shard may have news, so all of them are refreshed once. */
  private hasRefreshedAll = false

  constructor(options: OverviewOptions) {
    this.options = options
    this.book = openOverviewBook(options.storage)
    this.samples = createSamples(this.book.samples())
    this.sampledAtMs = options.clock.now()
    this.hours = openHourBook(options.storage)
    this.causes = openCauseBook(options.storage, options.clock.now())
    this.versions = openVersionLog(options.storage)
    for (const account of this.book.accounts()) {
      this.accounts.set(nameOf(account), account)
      this.sum = mergeTotals(this.sum, account.totals)
    }
  }

  report({ location, epoch, batches, totals, gauges, causes }: ShardReport): Receipt {
    if (causes !== undefined) {
      this.causes.take(location, causes, this.now())
      this.versions.note(causes.causes.versions, this.now())
    }
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

  async refresh(): Promise<void> {
    this.watch()
    await this.refreshShards(new Set(this.locationsToRefresh()))
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
      labelledGauges: this.options.labelledGauges?.() ?? {},
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
    // Not awaited: an origin that hangs must not delay the samples.
    if (nowMs - this.originFetchedAtMs >= originEveryMs) void this.refreshOrigin()
    const sample = {
      atMs: nowMs,
      spanMs: Math.max(1, nowMs - this.sampledAtMs),
      totals: sampledTotals(this.news),
      sums: readSums(this.news),
    }
    this.sampledAtMs = nowMs
    this.hours.add(this.news, nowMs)
    this.news = emptyTotals()
    this.samples.add(sample)
    this.keep(sample)
    this.causes.tick(nowMs)
    this.isQuiet = !isBusy
    this.show(sample)
    return isBusy ? busyEveryMs : quietEveryMs
  }

  /** Errors in the evaluation of a sample are logged and swallowed. */
  private show(sample: Sample): void {
    try {
      this.options.onSample?.(sample, this)
    } catch (error) {
      // Only the name is logged: a message may contain anything.
      const name = error instanceof Error ? error.name : 'unknown'
      console.error(JSON.stringify({ level: 'error', message: 'a sample was not evaluated', error: name }))
    }
  }

  /** Takes an account if it is newer than the known one, and adds the difference to the sum. */
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

  /** Fetches the current reports of the shards; answers how many did not reply. */
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
      const queries = { queriesRunning: null, queriesRunningMax: null, queriesWaiting: null }
      const unknown = { ...queries, outbox: null, jobs: null }
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

  /**
   * Stores samples merged into the longer span that old samples have anyway: one row for each span, and one for each
   * reporter with news.
   */
  private keep(sample: Sample): void {
    this.unkept.push(sample)
    const sinceMs = sample.atMs - (this.unkept[0]?.atMs ?? sample.atMs)
    if (sinceMs < coarseMs && this.unkept.length < coarseMs / busyEveryMs) return
    const whole = mergeSamples(this.unkept)
    // If writing fails, the sample is written together with the next one.
    this.unkept = [whole]
    if (!isEmpty(whole.totals) || this.unwritten.size > 0) {
      const changed = [...this.unwritten].flatMap((name) => this.accounts.get(name) ?? [])
      const forgetBeforeMs = sample.atMs - limits.samplesKeptSeconds * 1_000
      this.book.write(changed, whole, forgetBeforeMs, () => this.hours.write())
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

  /** The locations that may have news. */
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

/** How long each of the callers waits before its next call, so that together they stay within the limit. */
export function pauseFor(callers: number, leastMs: number): number {
  const neededMs = (callers * 1_000) / limits.figuresCallsPerSecondMax
  return Math.min(Math.max(leastMs, Math.ceil(neededMs)), limits.figuresPauseMaxMs)
}
