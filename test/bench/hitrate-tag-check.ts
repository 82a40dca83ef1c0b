import { versionZero } from '../../shared/ids.ts'
import { ok } from '../../shared/result.ts'
import { tagsMovedBy } from '../../shared/tags/moves.ts'
import { partsOf, shownTag, type Tag } from '../../shared/tags/tags.ts'
import type { Entry } from '../../worker/entry/entry.ts'
import type { CacheKey } from '../../worker/entry/key.ts'
import { createWay } from '../simulation/way.ts'
import { type Design, lifetimeSeconds, type Operations } from './hitrate-designs.ts'
import { movesOf } from './hitrate-moves.ts'
import { cpuMs } from './hitrate-prices.ts'
import { createQuestions, userIdOf, workspaceIdOf } from './hitrate-questions.ts'
import type { TracedRead } from './hitrate-trace.ts'
import { type Ground, locationOf } from './hitrate-world.ts'

/**
 * Entries in KV, and one Durable Object a workspace that every read asks whether a tag was revalidated since the entry was
 * stored, as OpenNext's tag cache for Cloudflare does (opennextjs-cloudflare: durable-objects/sharded-tag-cache.ts and
 * kv-incremental-cache.ts). It gets Boardcache's own tags. An answer that time alone changes has a lifetime and is loaded
 * again behind an answer; every other one lives until a tag moves.
 */
export function createTagCheck(ground: Ground): Design {
  const { scheduler, tiers, spent, load, content } = ground
  const { reads, writes } = spent
  const revalidated = createTagObjects(ground)
  const questionOf = createQuestions()
  const usersOf = new Map<number, Set<number>>()
  const refreshing = new Set<CacheKey>()

  async function loadInto(read: TracedRead, key: CacheKey): Promise<number> {
    const changes = await load(read.workspace, read.view)
    // OpenNext notes the instant at which the entry is stored, and not the one at which the load began.
    const entry = entryOf(read.workspace, changes, scheduler.now())
    void tiers.kv.at(locationOf(read)).put(key, entry, never)
    return changes
  }

  async function refresh(read: TracedRead, key: CacheKey): Promise<void> {
    if (refreshing.has(key)) return
    refreshing.add(key)
    await loadInto(read, key)
    refreshing.delete(key)
  }

  return {
    name: 'tag check',
    async read(read) {
      reads.requests += 1
      reads.cpuMs += cpuMs.request
      usersOf.set(read.workspace, (usersOf.get(read.workspace) ?? new Set()).add(read.user))
      const question = questionOf(read.view)
      const key = JSON.stringify(['contact-list', read.workspace, read.view]) as CacheKey
      const got = await tiers.kv.at(locationOf(read)).get(key, never)
      const entry = got.ok ? got.value : null
      const ofQuestion = question.tagsFor(read.view.user === null ? null : userIdOf(read.view.user))
      const tags = [...ofQuestion, ...content.contactsOf(read.workspace, read.view).map(shownTag)]
      const isOld = entry === null || (await revalidated.since(read.workspace, tags, entry.createdAtMs))
      if (entry === null || isOld)
        return ok({ changes: await loadInto(read, key), query: {}, isProven: true })
      const ageMs = scheduler.now() - entry.createdAtMs
      if (question.changes === 'time' && ageMs > lifetimeSeconds * 1_000) void refresh(read, key)
      return ok({ changes: Number(decoder.decode(entry.body)), query: null, isProven: true })
    },
    async report(write) {
      writes.requests += 1
      writes.cpuMs += cpuMs.request
      const moves = movesOf(write, [...(usersOf.get(write.workspace) ?? [])])
      await ground.reports.cross(() => revalidated.write(write.workspace, moves.flatMap(tagsMovedBy)))
    },
  }
}

const never = new AbortController().signal
const decoder = new TextDecoder()
const encoder = new TextEncoder()

function createTagObjects({ scheduler, dice, usualWay, spent: { reads, writes } }: Ground) {
  const way = createWay(scheduler, dice, usualWay)
  const objects = new Map<number, Map<Tag, number>>()
  const objectOf = (workspace: number) => {
    const object = objects.get(workspace) ?? new Map<Tag, number>()
    objects.set(workspace, object)
    return object
  }
  const call = <Value>(operations: Operations, act: () => Value) => {
    operations.objectCalls += 1
    return way.cross(act)
  }
  return {
    since: (workspace: number, tags: readonly Tag[], atMs: number): Promise<boolean> =>
      call(reads, () => {
        const object = objectOf(workspace)
        reads.objectRowsRead += tags.flatMap(partsOf).filter((tag) => object.has(tag)).length
        return tags.some((tag) => partsOf(tag).every((part) => (object.get(part) ?? 0) > atMs))
      }),
    write: (workspace: number, tags: readonly Tag[]): Promise<void> =>
      call(writes, () => {
        for (const tag of tags) objectOf(workspace).set(tag, scheduler.now())
        // A tag is the text key of its row, which makes an entry of an index as well.
        writes.objectRowsWritten += 2 * tags.length
      }),
  }
}

/** Only its body and its instant matter here. The other members are there for Boardcache. */
function entryOf(workspace: number, changes: number, nowMs: number): Entry {
  return {
    workspaceId: workspaceIdOf(workspace),
    found: true,
    stamp: { ledgerId: '', version: versionZero },
    tags: [],
    createdAtMs: nowMs,
    loadMs: 0,
    deleteAtMs: Number.MAX_SAFE_INTEGER,
    etag: '',
    body: encoder.encode(String(changes)),
  }
}
