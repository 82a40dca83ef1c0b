import type { DeploymentActivity, WorkspaceActivity } from '../../../../shared/contract/activity.ts'

export type ActivityItem = WorkspaceActivity | DeploymentActivity

/** A page of a feed, as the API answers it. */
export interface FeedPage {
  /** The newest first. */
  readonly items: readonly ActivityItem[]
  readonly next: string | null
  readonly newest: string | null
}

/** The loaded part of a feed: its newest items, without a gap. */
export interface Feed extends FeedPage {
  /** How many items came after the first page, so that a paused view knows how many it does not show. */
  readonly arrived: number
}

/** The items that are kept of a feed. The oldest go first. */
export const feedItemsMax = 10_000

export function feedOf(page: FeedPage): Feed {
  return { ...page, arrived: 0 }
}

/** The feed with the page that follows its oldest item. */
export function withOlder(feed: Feed, { items, next }: FeedPage): Feed {
  return bounded({ ...feed, items: [...feed.items, ...unknownTo(feed, items)], next })
}

/**
 * The feed with everything that came after its newest item. `page.next` is null then. If it is not, more came than could be fetched, and
 * the feed begins again with the page, since there is a gap behind it.
 */
export function withNewer(feed: Feed, page: FeedPage): Feed {
  const fresh = page.items.length === 0 ? [] : unknownTo(feed, page.items)
  if (fresh.length === 0 && page.next === null && page.newest === feed.newest) return feed
  const arrived = feed.arrived + fresh.length
  if (page.next !== null) return { ...page, arrived }
  return bounded({ ...feed, items: [...fresh, ...feed.items], newest: page.newest, arrived })
}

function unknownTo(feed: Feed, items: readonly ActivityItem[]): ActivityItem[] {
  const known = new Set(feed.items.map(({ id }) => id))
  return items.filter(({ id }) => !known.has(id))
}

function bounded(feed: Feed): Feed {
  if (feed.items.length <= feedItemsMax) return feed
  return { ...feed, items: feed.items.slice(0, feedItemsMax), next: null }
}

/** The feed without what came after a pause began, when it had `arrived` items. */
export function pausedAt(feed: Feed, arrived: number): Feed {
  return { ...feed, items: feed.items.slice(feed.arrived - arrived) }
}

/**
 * The items of several feeds in one list, the newest first. It ends where one of the feeds ends that has more to load: what lies further
 * back in the others could have something before it.
 */
export function mergeFeeds(feeds: readonly Feed[]): ActivityItem[] {
  const horizon = feeds.map(horizonOf).reduce((one, other) => (one > other ? one : other), beforeAll)
  return feeds
    .flatMap(({ items }) => items)
    .filter((item) => instantOf(item) >= horizon)
    .sort((one, other) => newestFirst(instantOf(one), instantOf(other)))
}

/** The feed whose older items come next in the merged list; null if all feeds are loaded to their ends. */
export function feedBehind<Named extends { readonly feed: Feed }>(feeds: readonly Named[]): Named | null {
  const open = feeds.filter(({ feed }) => feed.next !== null)
  return open.toSorted((one, other) => newestFirst(horizonOf(one.feed), horizonOf(other.feed)))[0] ?? null
}

const beforeAll = ''

/** The instant of the oldest item that is loaded. A feed that is loaded to its end, or has nothing yet, holds nothing back. */
function horizonOf({ items, next }: Feed): string {
  const last = items.at(-1)
  return next === null || last === undefined ? beforeAll : instantOf(last)
}

/**
 * The API's instants are ordered like their texts. An item from before the feed was kept has none, and is older than
 * everything else.
 */
function instantOf({ at }: ActivityItem): string {
  return at ?? beforeAll
}

function newestFirst(one: string, other: string): number {
  if (one === other) return 0
  return one > other ? -1 : 1
}
