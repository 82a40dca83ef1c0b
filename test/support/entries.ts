import { versionSchema, workspaceIdSchema } from '../../shared/ids.ts'
import type { WarmWorkspace } from '../../shared/resources/question.ts'
import { partsOf, type Tag } from '../../shared/tags/tags.ts'
import type { Entry } from '../../worker/entry/entry.ts'
import type { CacheKey } from '../../worker/entry/key.ts'
import type { View } from '../../worker/ledger/view.ts'
import { pageTags } from './tags.ts'

export const workspaceId = workspaceIdSchema.parse('15213')
/** The facts for a warm-up about a workspace in which there is nothing. */
export const emptyWorkspace: WarmWorkspace = {
  ...{ workspaceId, boardIds: [], leadIds: [], campaignIds: [], segmentIds: [] },
}
export const version = (number: number) => versionSchema.parse(number)

/** An entry in which everything is set, with the test's changes. */
export function entryOf(changes: Partial<Entry> = {}): Entry {
  return {
    workspaceId,
    found: true,
    stamp: { ledgerId: 'ledger', version: version(5) },
    tags: pageTags,
    createdAtMs: 1_750_000_000_000,
    loadMs: 40,
    deleteAtMs: 1_750_000_000_000 + 3_600_000,
    etag: 'etag',
    body: new TextEncoder().encode('{"contacts":[]}'),
    ...changes,
  }
}

/** A view in which the given tags have moved. */
export function viewOf(moved: readonly (readonly [Tag, number])[] = [], changes: Partial<View> = {}): View {
  const versions = new Map(moved)
  return {
    ledgerId: 'ledger',
    version: version(Math.max(5, ...versions.values())),
    birth: version(0),
    calledAtMs: 1_750_000_000_000,
    provedAtMs: 0,
    rollout: 'on',
    movedAt: (tag) => version(versions.get(tag) ?? 0),
    hasMovedPast: (tag, stamped) => partsOf(tag).every((part) => (versions.get(part) ?? 0) > stamped),
    ...changes,
  }
}

/** A key of some entry. */
export const entryKey = 'bc3:15213:contact-list@1::b1' as CacheKey
