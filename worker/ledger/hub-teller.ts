import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { pause, withinDeadline } from '../../shared/clock.ts'
import type { Version } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { SqlStorage } from '../platform/sql-storage.ts'
import type { ChangeTime } from './change-times.ts'
import type { HubAnswer, HubPosition, Told } from './hub-messages.ts'
import type { LedgerChanges } from './ledger-messages.ts'

interface HubTellerOptions {
  readonly storage: SqlStorage
  readonly clock: Clock
  /** Uniform in [0, 1). */
  random(): number
  /** Where the ledger is now. */
  head(): { readonly ledgerId: string; readonly version: Version }
  since(ledgerId: string | null, version: number): LedgerChanges
  /** The times of the changes after a version. */
  timesAfter(version: number): readonly ChangeTime[]
  /** Calls a hub. Rejects if it cannot be reached. */
  tell(hubName: string, told: Told): Promise<HubAnswer>
  /** Keeps work running after an answer. */
  keepAlive(work: Promise<unknown>): void
}

interface Registered {
  /** The position that the hub has confirmed, or is believed to have. */
  position: HubPosition
  /** How often it has registered, so that an older answer `gone` does not remove a newer registration. */
  registrations: number
  isTelling: boolean
}

/** The tries of one change before the ledger leaves it to the hub, which compares itself every 30 seconds. */
const triesMax = 6
const firstPauseMs = 100
const table = 'create table if not exists hubs (name text primary key)'
const hubRow = z.object({ name: z.string() })

/**
 * Tells the hubs of a workspace that the ledger has moved. There is one call in flight to each hub. After its answer the ledger sends
 * whatever it has written since the hub's position, so changes need no queue: those that come during a call are in the next one. A hub
 * that missed a call answers with its older position and is told from there.
 *
 * The registrations are durable. Positions are in memory: after a restart, a hub is believed to be where the ledger was before its next
 * write, and says so if it is not. `advanced` never waits for a hub.
 */
export class HubTeller {
  private readonly options: HubTellerOptions
  private readonly hubs: Map<string, Registered>

  constructor(options: HubTellerOptions) {
    this.options = options
    const { sql } = options.storage
    sql.exec(table)
    const names = [...sql.exec('select name from hubs')].map((row) => hubRow.parse(row).name)
    this.hubs = new Map(names.map((name) => [name, registeredAt(options.head())]))
  }

  /** Registers a hub and answers the changes after its version, in one step, so that no write can fall between the two. */
  watch(hubName: string, ledgerId: string | null, version: number): LedgerChanges {
    const known = this.hubs.get(hubName)
    if (known === undefined && this.hubs.size >= limits.liveHubsMax)
      throw new Error('hub-teller.ts: a workspace has too many hubs')
    if (known === undefined)
      this.options.storage.sql.exec('insert or ignore into hubs (name) values (?)', hubName)
    const changes = this.options.since(ledgerId, version)
    const hub = known ?? registeredAt(changes)
    hub.registrations += 1
    // If this answer is lost, the hub refuses what continues from here, and says where it is.
    hub.position = { ledgerId: changes.ledgerId, version: changes.version }
    this.hubs.set(hubName, hub)
    return changes
  }

  /** Starts to tell every hub that is behind. To be called after each write, also one that failed half-way. */
  advanced(): void {
    for (const [name, hub] of this.hubs) {
      if (hub.isTelling || !this.isBehind(hub)) continue
      hub.isTelling = true
      this.options.keepAlive(this.catchUp(name, hub))
    }
  }

  private isBehind({ position }: Registered): boolean {
    const { ledgerId, version } = this.options.head()
    return position.ledgerId !== ledgerId || position.version < version
  }

  private async catchUp(name: string, hub: Registered): Promise<void> {
    const { clock, random } = this.options
    let tries = 0
    while (this.isBehind(hub) && this.hubs.get(name) === hub && tries < triesMax) {
      if (tries > 0) await pause(clock, firstPauseMs * 2 ** (tries - 1) * (0.5 + random()))
      const isFurther = await this.tellOnce(name, hub)
      tries = isFurther ? 0 : tries + 1
    }
    hub.isTelling = false
  }

  /** Tells a hub once. Answers whether it came nearer to the ledger. */
  private async tellOnce(name: string, hub: Registered): Promise<boolean> {
    const { clock, since, timesAfter, tell } = this.options
    const { position, registrations } = hub
    const changes = since(position.ledgerId, position.version)
    const told = { since: position, changes, times: timesAfter(position.version) }
    const answer = await withinDeadline(
      clock,
      limits.liveTellDeadlineMs,
      async () => tell(name, told).catch(() => null),
      null,
    )
    if (answer === null) return false
    if (answer === 'gone') {
      if (hub.registrations === registrations) this.forget(name)
      return true
    }
    // A registration during the call may have brought the hub further than its answer says.
    if (hub.registrations !== registrations) return true
    const isFurther = answer.ledgerId !== position.ledgerId || answer.version > position.version
    hub.position = answer
    return isFurther
  }

  private forget(name: string): void {
    this.hubs.delete(name)
    this.options.storage.sql.exec('delete from hubs where name = ?', name)
  }
}

function registeredAt({ ledgerId, version }: HubPosition): Registered {
  return { position: { ledgerId, version }, registrations: 0, isTelling: false }
}
