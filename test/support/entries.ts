import { versionSchema, workspaceIdSchema } from '../../shared/ids.ts'
import type { Tag } from '../../shared/tags.ts'
import type { Entry } from '../../worker/entry/entry.ts'
import type { View } from '../../worker/ledger/view.ts'

export const workspaceId = workspaceIdSchema.parse('15213')
export const version = (number: number) => versionSchema.parse(number)

/** An entry with everything set, except where the test says otherwise. */
export function entryOf(changes: Partial<Entry> = {}): Entry {
  return {
    workspaceId,
    found: true,
    stamp: { ledgerId: 'ledger', version: version(5) },
    tags: ['workspace', 'board:b1', 'open:b1'],
    createdAtMs: 1_750_000_000_000,
    loadMs: 40,
    deleteAtMs: 1_750_000_000_000 + 3_600_000,
    etag: 'etag',
    body: new TextEncoder().encode('{"contacts":[]}'),
    ...changes,
  }
}

/** A view in which the given tags moved. */
export function viewOf(moved: Partial<Record<Tag, number>> = {}, changes: Partial<View> = {}): View {
  return {
    ledgerId: 'ledger',
    version: version(Math.max(5, ...Object.values(moved).map(Number))),
    floor: version(0),
    askedAtMs: 1_750_000_000_000,
    movedAt: (tag) => version(moved[tag] ?? 0),
    ...changes,
  }
}
