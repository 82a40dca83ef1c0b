import { DurableObject } from 'cloudflare:workers'
import { systemClock } from '../../shared/clock.ts'
import type { WorkspaceActivityQuery } from '../../shared/contract/activity.ts'
import type { Move } from '../../shared/tags/moves.ts'
import { overviewName } from '../platform/object-names.ts'
import { Book } from './book.ts'
import type { LedgerActivity } from './book-activity.ts'
import { ChangeTimes } from './change-times.ts'
import { Healings } from './healings.ts'
import type { HubObject } from './hub-messages.ts'
import { HubTeller } from './hub-teller.ts'
import type { Author, LedgerAdvance, LedgerChanges, LedgerEvent } from './ledger-messages.ts'
import { withRollout } from './ledger-messages.ts'
import type { Marks } from './marks.ts'
import { marksName } from './marks-client.ts'
import { ProvenBook } from './proven-book.ts'
import { RolloutCopy } from './rollout-copy.ts'
import type { RolloutNews, RolloutObject } from './rollout-messages.ts'

interface Bindings {
  readonly MARKS: DurableObjectNamespace<Marks>
  readonly LIVE: DurableObjectNamespace<HubObject>
  readonly METRICS_OVERVIEW: DurableObjectNamespace<RolloutObject>
}

/**
 * The ledger of one workspace, named by the workspace's id. The platform holds an answer of a Durable Object back until its writes
 * are durable (Cloudflare, Durable Objects: output gates), so an answered `advance` is never lost.
 */
export class Ledger extends DurableObject<Bindings> {
  private readonly book: Book
  private readonly proven: ProvenBook
  private readonly healings = new Healings()
  private readonly times = new ChangeTimes()
  private readonly teller: HubTeller
  private readonly rollout: RolloutCopy

  constructor(state: DurableObjectState, env: Bindings) {
    super(state, env)
    // Versions begin at the milliseconds since 1970. A ledger hands out some hundred versions a second at most, so the clock stays ahead.
    this.book = new Book(state.storage, () => ({ ledgerId: crypto.randomUUID(), version: Date.now() }))
    const name = state.id.toString()
    this.proven = new ProvenBook({
      book: this.book,
      clock: systemClock,
      ask: async (head) => env.MARKS.get(env.MARKS.idFromName(marksName)).proofFor(name, head),
      keepAlive: (work) => state.waitUntil(work),
    })
    this.teller = new HubTeller({
      storage: state.storage,
      clock: systemClock,
      random: Math.random,
      head: () => this.book.headNow(),
      since: (ledgerId, version) => this.proven.since(ledgerId, version),
      timesAfter: (version) => this.times.after(version),
      tell: async (hubName, told) => env.LIVE.get(env.LIVE.idFromName(hubName)).tell(told),
      keepAlive: (work) => state.waitUntil(work),
    })
    this.rollout = new RolloutCopy({
      storage: state.storage,
      clock: systemClock,
      ask: async () => {
        const { METRICS_OVERVIEW: overviews } = env
        // Workers name their ledgers, and an object without a name has no workspace to be asked about.
        if (state.id.name === undefined) throw new Error('ledger.ts: the ledger has no name')
        return overviews.get(overviews.idFromName(overviewName)).rolloutFor(state.id.name)
      },
      keepAlive: (work) => state.waitUntil(work),
    })
    void state.blockConcurrencyWhile(async () => {
      await Promise.all([this.proven.wake(), this.rollout.wake()])
    })
  }

  /** An isolate of the release before names no author. */
  advance(events: readonly LedgerEvent[], author?: Author): LedgerAdvance {
    const atMs = systemClock.now()
    const before = this.book.headNow().version
    const advanced = this.book.advance(events, author === undefined ? null : { ...author, atMs })
    this.times.note(events, advanced, before, atMs)
    this.teller.advanced()
    return advanced
  }

  /** Moves tags of a key that was found wrong, unless that happened lately. Answers whether it did. */
  heal(keyDigest: string, moves: readonly Move[]): boolean {
    if (moves.length === 0 || !this.healings.take(keyDigest, Date.now())) return false
    this.advance([{ moves }], { cause: 'repair', userId: null })
    return true
  }

  async since(ledgerId: string | null, version: number): Promise<LedgerChanges> {
    await this.rollout.ready()
    const changes = this.proven.since(ledgerId, version)
    // A ledger that has gone back in time begins again at a call.
    this.teller.advanced()
    return withRollout(changes, this.rollout.state)
  }

  /** Takes a change of the rollout, and answers the version that is in force here. */
  takeRollout(news: RolloutNews): number {
    return this.rollout.take(news)
  }

  /** A page of what moved in this workspace, the newest first. */
  activity(query: WorkspaceActivityQuery): LedgerActivity {
    return this.book.activity(query, systemClock.now())
  }

  /** Registers a hub of this workspace, so that every later write is told to it, and answers the changes after its version. */
  watch(hubName: string, ledgerId: string | null, version: number): LedgerChanges {
    return this.teller.watch(hubName, ledgerId, version)
  }
}
