import { nameOf, tagAt } from '../../shared/tags/tags.ts'
import type { LedgerChanges } from '../../worker/ledger/ledger-messages.ts'

/** The tags that moved according to a ledger, by name, with the versions that last moved them. */
export function toldBy({ moved, birth }: Pick<LedgerChanges, 'moved' | 'birth'>): Record<string, number> {
  const { tags, distances } = moved
  return Object.fromEntries(
    Array.from(distances, (distance, index) => ({ tag: tags?.[index] ?? index, distance }))
      .filter(({ distance }) => distance > 0)
      .map(({ tag, distance }) => [nameOf(tagAt(tag)), birth + distance]),
  )
}
