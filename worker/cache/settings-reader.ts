import { LRUCache } from 'lru-cache'
import type { Awaitable } from '../../shared/awaitable.ts'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { CacheSettings } from '../../shared/contract/settings.ts'
import { defaultCacheSettings, lifetimeOf } from '../../shared/contract/settings.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { deploymentId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { cacheSettings } from '../../shared/resources/workspace/cache-settings.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Entry } from '../entry/entry.ts'
import type { CacheKey } from '../entry/key.ts'
import { cacheKey } from '../entry/key.ts'
import type { Demand, View, Views } from '../ledger/view.ts'
import type { Caller, Origin } from '../outbound/origin-client.ts'
import { judge } from './freshness.ts'
import type { Reader } from './read.ts'
import { plainWish } from './wish.ts'

/** The caller whose request needs the settings. `keepAlive` keeps work running after the answer is sent. */
export type SettingsCaller = Caller & { keepAlive(work: Promise<unknown>): void }

export interface SettingsReader {
  /** The workspace's current settings. If the ledger cannot be reached, the settings within the staleness bound. */
  read(workspaceId: WorkspaceId, caller: SettingsCaller): Promise<Result<CacheSettings, WireError>>
  /**
   * The settings for the read path. It never fails, and waits at most `limits.settingsDeadlineMs`. If the settings cannot be
   * read, it answers the last known or the default ones: settings affect the speed of an answer and not its correctness. The
   * deployment has the default ones.
   */
  inForce(workspaceId: WorkspaceId, caller: SettingsCaller): Awaitable<CacheSettings>
}

const question = cacheSettings.questionOf({})
const lifetimeSeconds = lifetimeOf(question, defaultCacheSettings)
/** The policy of the settings' own entry, which a workspace cannot change. */
const policy = Promise.resolve({ isEnabled: true, lifetimeSeconds })

interface SettingsReaderOptions {
  readonly reader: Reader
  readonly origin: Pick<Origin, 'settings'>
  readonly views: Views
  readonly clock: Clock
  readonly staleIfErrorSeconds: number
}

/** Settings that this isolate has parsed, and the entry that they are from. */
interface Parsed {
  readonly key: CacheKey
  readonly entry: Entry
  readonly settings: CacheSettings
}

/**
 * Creates the reader of settings. A workspace's settings are an entry like any other, with their own tag: a change moves the tag
 * and is in force everywhere within the staleness bound. The isolate keeps the parsed settings and judges them on every read
 * without I/O.
 */
export function createSettingsReader(options: SettingsReaderOptions): SettingsReader {
  const { reader, origin, views, clock, staleIfErrorSeconds } = options
  const known = new LRUCache<WorkspaceId, Parsed>({ max: limits.isolateSettingsMax })
  const lastKnown = (workspaceId: WorkspaceId) => known.get(workspaceId)?.settings ?? defaultCacheSettings

  /** The parsed settings if they are still fresh, or null. */
  function remembered(workspaceId: WorkspaceId, view: View | null): CacheSettings | null {
    const last = known.get(workspaceId)
    if (last === undefined) return null
    const usableSeconds = lifetimeSeconds + staleIfErrorSeconds
    const terms = { changes: question.changes, lifetimeSeconds, usableSeconds }
    const verdict = judge(last.entry, { workspaceId, key: last.key, view, nowMs: clock.now(), ...terms })
    return verdict === 'fresh' ? last.settings : null
  }

  async function readProven(
    workspaceId: WorkspaceId,
    caller: SettingsCaller,
    demand: Demand,
  ): Promise<Result<CacheSettings, WireError>> {
    const { keepAlive } = caller
    const proof = await views.current(workspaceId, demand, keepAlive)
    const held = remembered(workspaceId, proof.ok ? proof.value : proof.error.last)
    if (held !== null) return ok(held)

    const key = await cacheKey(question, workspaceId, null)
    const answered = await reader({
      workspaceId,
      key,
      tags: question.tagsFor(null),
      isBypass: false,
      changes: question.changes,
      reach: 'everywhere',
      policy,
      wish: { ...plainWish, proof: demand },
      isReadable: (body) => cacheSettings.isReadable(body),
      namedPart: (body) => body,
      embeddedTags: () => [],
      fetchBody: () => origin.settings(workspaceId, caller),
      keepAlive,
    })
    if (!answered.ok) return answered
    const { entry } = answered.value
    const settings = cacheSettings.dataOf(entry.body)
    if (settings === null) return err({ code: 'origin_unavailable' })
    known.set(workspaceId, { key, entry, settings })
    return ok(settings)
  }

  return {
    async read(workspaceId, caller) {
      const now = await readProven(workspaceId, caller, { kind: 'now' })
      const isUnproven = !now.ok && now.error.code === 'ledger_unavailable'
      return isUnproven ? readProven(workspaceId, caller, { kind: 'bounded' }) : now
    },
    inForce(workspaceId, caller) {
      if (workspaceId === deploymentId) return defaultCacheSettings
      // Most reads end here, without a timer.
      const view = views.atHand(workspaceId)
      const held = view === null ? null : remembered(workspaceId, view)
      if (held !== null) return held
      const reading = readProven(workspaceId, caller, { kind: 'bounded' })
      caller.keepAlive(reading)
      return withinDeadline(clock, limits.settingsDeadlineMs, () => reading, null).then((answered) =>
        answered?.ok ? answered.value : lastKnown(workspaceId),
      )
    },
  }
}
