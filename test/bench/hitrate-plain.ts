import { versionZero, workspaceIdSchema } from '../../shared/ids.ts'
import { ok } from '../../shared/result.ts'
import type { Entry } from '../../worker/entry/entry.ts'
import type { CacheKey } from '../../worker/entry/key.ts'
import { type Design, lifetimeSeconds } from './hitrate-designs.ts'
import { cpuMs } from './hitrate-prices.ts'
import type { TracedWrite, View } from './hitrate-trace.ts'
import { type Ground, locationOf, locations } from './hitrate-world.ts'

/** The design that most people write: KV with a lifetime of 180 seconds, and the database when KV has nothing. */
export function createTtlOnly(ground: Ground): Design {
  return { ...createPlain(ground, () => {}), name: 'TTL only (180 s)' }
}

/** The same, but a write lists and deletes the keys of the board and of the counts. */
export function createDeleteByPattern(ground: Ground): Design {
  const { tiers, spent, reports } = ground
  const keysOf = new Map<string, Set<CacheKey>>()
  const design = createPlain(ground, (pattern, key) => {
    const keys = keysOf.get(pattern) ?? new Set()
    keysOf.set(pattern, keys.add(key))
  })

  /** Deletes what the CRM's patterns name: everything of the board, and the counts. */
  async function report({ workspace, board }: TracedWrite): Promise<void> {
    spent.writes.requests += 1
    spent.writes.cpuMs += cpuMs.request
    const patterns = [patternOf(workspace, board), patternOf(workspace, null)]
    await reports.cross(async () => {
      for (const pattern of patterns) {
        spent.writes.kvLists += 1
        const keys = [...(keysOf.get(pattern) ?? [])]
        keysOf.delete(pattern)
        await Promise.all(keys.map((key) => tiers.kv.at(locations[0]).remove([key], never)))
      }
    })
  }

  return { ...design, name: 'delete by pattern', report }
}

const never = new AbortController().signal
const decoder = new TextDecoder()
const encoder = new TextEncoder()

const patternOf = (workspace: number, board: number | null) => `${workspace}:${board ?? 'counts'}`

function createPlain(
  { scheduler, tiers, spent, load }: Ground,
  putUnder: (pattern: string, key: CacheKey) => void,
): Omit<Design, 'name'> {
  return {
    async read(read) {
      spent.reads.requests += 1
      spent.reads.cpuMs += cpuMs.request
      const { workspace, view } = read
      const tier = tiers.kv.at(locationOf(read))
      const pattern = patternOf(workspace, view.board)
      const key = keyOf(pattern, view)
      const got = await tier.get(key, never)
      if (got.ok && got.value !== null)
        return ok({ changes: Number(decoder.decode(got.value.body)), query: null, isProven: true })
      const changes = await load(workspace, view)
      putUnder(pattern, key)
      void tier.put(key, entryOf(workspace, changes, scheduler.now()), never)
      return ok({ changes, query: {}, isProven: true })
    },
    report: async () => {},
  }
}

function keyOf(pattern: string, { column, filter, page, user }: View): CacheKey {
  return `${pattern}:${column ?? ''}:${filter}:${page}:${user ?? ''}` as CacheKey
}

/** Only its body and its end matter here. The other members are there for Boardcache. */
function entryOf(workspace: number, changes: number, nowMs: number): Entry {
  return {
    workspaceId: workspaceIdSchema.parse(`w${workspace}`),
    found: true,
    stamp: { ledgerId: '', version: versionZero },
    tags: [],
    createdAtMs: nowMs,
    loadMs: 0,
    deleteAtMs: nowMs + lifetimeSeconds * 1_000,
    etag: '',
    body: encoder.encode(String(changes)),
  }
}
