import { inspectorAddress } from '../resources/inspector-address.ts'
import type { ActivityItem } from './feed.ts'

/** The resource whose one answer depends on a tag that is a single thing. */
const resourcesOfSingles: Readonly<Record<string, { readonly resource: string; readonly title: string }>> = {
  counts: { resource: 'contact-counts', title: 'the counts' },
  config: { resource: 'workspace-config', title: 'the configuration' },
  sources: { resource: 'webhook-sources', title: 'the webhook sources' },
  analytics: { resource: 'analytics', title: 'the daily snapshots' },
}

/** A tag may stand for several boards that share a bucket. */
const boardsMax = 3

/**
 * The questions to the inspector whose answers an item changed: the contact and the board that it names, else the boards that its tags may stand
 * for, else what a tag stands for by itself. A tag with a bucket names nothing that could be asked for, because it has only a digest.
 */
export function inspectedBy(
  item: ActivityItem,
  boards: readonly { readonly id: string; readonly name: string }[],
): readonly { readonly title: string; readonly address: string }[] {
  if (item.kind !== 'invalidation') return []
  const { contactId, boardId } = item.event ?? {}
  const named =
    boardId === undefined ? boards.slice(0, boardsMax) : [boardId].map((id) => namedBoard(id, boards))
  const questions = [
    ...(contactId === undefined
      ? []
      : [{ title: `contact ${contactId}`, address: inspectorAddress('contact', { id: contactId }) }]),
    ...named.map(({ id, name }) => ({
      title: `the list of ${name}`,
      address: inspectorAddress('contact-list', { boardId: id }),
    })),
  ]
  const found = questions.length > 0 ? questions : singlesOf(item.tags)
  return found.map(({ title, address }) => ({ title: `Inspect ${title}`, address }))
}

/** A board by its id, which stands for its name if this page does not know the board. */
export function namedBoard(id: string, boards: readonly { readonly id: string; readonly name: string }[]) {
  return boards.find((board) => board.id === id) ?? { id, name: id }
}

function singlesOf(tags: readonly string[]) {
  return tags.flatMap((tag) => {
    const single = resourcesOfSingles[tag]
    return single === undefined ? [] : [{ title: single.title, address: inspectorAddress(single.resource) }]
  })
}
