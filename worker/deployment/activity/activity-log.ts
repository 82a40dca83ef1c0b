import { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import {
  type ActivityAuthor,
  type DeploymentActivity,
  type DeploymentActivityPage,
  type DeploymentActivityQuery,
  deploymentActivitySchema,
  positionText,
} from '../../../shared/contract/activity.ts'
import type { AlertChange } from '../../../shared/contract/alerts.ts'
import { userIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'
import type { NotedDeed } from '../deeds/deed-log.ts'

/** An item without its place in the log. */
type Happening = WithoutPlace<DeploymentActivity>
type WithoutPlace<Item> = Item extends unknown ? Omit<Item, 'id' | 'at'> : never

/**
 * The history of the deployment: alerts, changed alert settings, clearings of Redis, new versions of the Worker, and what operators do to
 * workspaces. It is bounded in rows, in their age and in the bytes of each. Such things are rare, so each takes a row of its own. Only deeds
 * come by the thousand, and they have a bound of their own.
 */
interface ActivityLog {
  append(happening: Happening): void
  appendAlerts(changes: readonly AlertChange[]): void
  /** Writes down a deed of an operator that is about to be done. */
  appendDeed(deed: NotedDeed): void
  /** Writes down that this version of the Worker runs, unless the last one that was written down is the same. */
  seeVersion(version: string): void
  /** The versions in the order in which each began to run, again where it had run before, the oldest first. */
  runs(): readonly VersionRun[]
  /** Deeds name workspaces and their operators, so they are left out unless the reader may see those of all workspaces. */
  page(query: DeploymentActivityQuery, withDeeds?: boolean): DeploymentActivityPage
}

/** A version of the Worker that began to run. */
export interface VersionRun {
  readonly version: string
  readonly atMs: number
}

const schema = `
  create table if not exists activity (sequence integer primary key autoincrement, at_ms integer not null,
    kind text not null, body text not null);
  create index if not exists activity_kind on activity (kind, sequence);`

const rowSchema = z.object({ sequence: z.int(), at_ms: z.int(), body: z.string() })
const newestSchema = z.object({ newest: z.int().nullable() })

export function createActivityLog(storage: SqlStorage, clock: Clock): ActivityLog {
  const rows: Rows = (statement, ...values) => [...storage.sql.exec(statement, ...values)]
  storage.transactionSync(() => rows(schema))

  function write(atMs: number, happening: Happening): void {
    const body = JSON.stringify(happening)
    if (body.length > limits.activityDeploymentRowBytesMax) {
      throw new Error('activity-log.ts: an item is larger than a row may be')
    }
    rows('insert into activity (at_ms, kind, body) values (?, ?, ?)', atMs, happening.kind, body)
    rows('delete from activity where at_ms < ?', clock.now() - limits.activityAgeMaxMs)
    const [isSame, rowsMax] =
      happening.kind === 'deed'
        ? [`kind = 'deed'`, limits.activityDeedRowsMax]
        : [`kind <> 'deed'`, limits.activityDeploymentRowsMax]
    rows(
      `delete from activity where ${isSame} and sequence <= (select sequence from activity where ${isSame}
        order by sequence desc limit 1 offset ?)`,
      rowsMax,
    )
  }
  const append = (happening: Happening) => storage.transactionSync(() => write(clock.now(), happening))

  return {
    append,
    appendAlerts(changes) {
      if (changes.length === 0) return
      storage.transactionSync(() => {
        for (const change of changes) write(Date.parse(change.at), alertOf(change))
      })
    },
    appendDeed: ({ deed, workspaceId, by }) => append({ kind: 'deed', by: authorOf(by), deed, workspaceId }),
    seeVersion(version) {
      const [row] = rows(`select sequence, at_ms, body from activity where kind = 'deploy'
        order by sequence desc limit 1`)
      const last = row === undefined ? null : itemOf(row)
      const previous = last?.kind === 'deploy' ? last.version : null
      if (previous !== version) append({ kind: 'deploy', by: null, version, previous })
    },
    runs: () => runsIn(rows),
    page: (query, withDeeds = false) => pageOf(rows, query, withDeeds, clock.now()),
  }
}

/** Runs a statement on the log. */
type Rows = (statement: string, ...values: (string | number)[]) => Record<string, unknown>[]

function runsIn(rows: Rows): VersionRun[] {
  const found = rows(
    `select sequence, at_ms, body from activity where kind = 'deploy' order by sequence desc limit ?`,
    limits.versionsKeptMax,
  )
  return found.reverse().flatMap((row) => {
    const item = itemOf(row)
    return item?.kind === 'deploy' ? [{ version: item.version, atMs: Date.parse(item.at) }] : []
  })
}

function pageOf(
  rows: Rows,
  { limit, before, after, until, kind }: DeploymentActivityQuery,
  withDeeds: boolean,
  nowMs: number,
): DeploymentActivityPage {
  const [head] = rows('select max(sequence) as newest from activity')
  const { newest } = newestSchema.parse(head)
  const found = rows(
    `select sequence, at_ms, body from activity where sequence < ? and sequence > ? and at_ms >= ? and at_ms <= ?
      ${kind === undefined ? '' : 'and kind = ?'} ${withDeeds ? '' : `and kind <> 'deed'`} order by sequence desc limit ?`,
    before?.sequence ?? Number.MAX_SAFE_INTEGER,
    // An object that lost its storage counts from the beginning.
    after !== undefined && after.sequence <= (newest ?? 0) ? after.sequence : 0,
    nowMs - limits.activityAgeMaxMs,
    until ?? Number.MAX_SAFE_INTEGER,
    ...(kind === undefined ? [] : [kind]),
    limit + 1,
  )
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  const hasMore = found.length > limit && last !== undefined
  return {
    items: shown.map(itemOf).filter((item) => item !== null),
    next: hasMore ? positionOf(rowSchema.parse(last).sequence) : null,
    newest: newest === null ? null : positionOf(newest),
  }
}

const positionOf = (sequence: number) => positionText({ sequence, index: 0 })

function alertOf({ id: _id, at: _at, rule: _rule, subject: _subject, ...change }: AlertChange): Happening {
  return { kind: 'alert', by: null, ...change }
}

/** Null for an item of a form that this release does not know. */
function itemOf(row: Record<string, unknown>): DeploymentActivity | null {
  const { sequence, at_ms: atMs, body } = rowSchema.parse(row)
  const written = z.record(z.string(), z.unknown()).parse(JSON.parse(body))
  const id = `${sequence}-${atMs}`
  const item = deploymentActivitySchema.safeParse({ ...written, id, at: new Date(atMs).toISOString() })
  return item.data ?? null
}

/** The author of a deed of operators. */
export function authorOf(by: {
  readonly kind: 'internal-key' | 'user'
  readonly userId: string | null
}): ActivityAuthor {
  const parsed = z.object({ kind: z.literal('user'), userId: userIdSchema }).safeParse(by)
  return parsed.success ? parsed.data : { kind: 'internal_key' }
}
