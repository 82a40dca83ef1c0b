import { describe, expect, it } from 'vitest'
import { boardIdSchema, columnIdSchema, userIdSchema } from '../../../shared/ids.ts'
import { orderMove, placeMove } from '../../../shared/tags/moves.ts'
import { filterIn, queriesOf } from '../../../worker/dashboard/src/activity/activity-filter.ts'
import {
  authorText,
  familiesOf,
  sentenceOf,
  touchedBy,
} from '../../../worker/dashboard/src/activity/activity-words.ts'
import {
  type ActivityItem,
  type Feed,
  feedBehind,
  feedItemsMax,
  feedOf,
  mergeFeeds,
  pausedAt,
  withNewer,
  withOlder,
} from '../../../worker/dashboard/src/activity/feed.ts'
import { inspectedBy } from '../../../worker/dashboard/src/activity/inspected-by.ts'
import { boardsOf, meaningOfMove, placeNames } from '../../../worker/dashboard/src/activity/place-names.ts'
import { linkToContact } from '../../../worker/dashboard/src/board/contact-panel/link-to-contact.ts'

type Invalidation = Extract<ActivityItem, { kind: 'invalidation' }>

const invalidation = (id: string, second: number | null, more: Partial<Invalidation> = {}): Invalidation => ({
  ...{ kind: 'invalidation', id, at: second === null ? null : new Date(second * 1_000).toISOString() },
  ...{ by: null, version: 1, tags: ['counts'], tagsMore: 0, cause: 'outbox', event: null },
  ...more,
})
const page = (items: readonly ActivityItem[], next: string | null = null) => ({ items, next, newest: '9.0' })
const idsOf = (items: readonly ActivityItem[]) => items.map(({ id }) => id)

describe('a feed', () => {
  const feed = feedOf(page([invalidation('b', 2), invalidation('a', 1)], '1.0'))

  it('grows at both ends, has each item once, and knows how many came', () => {
    const grown = withNewer(withOlder(feed, page([invalidation('a', 1), invalidation('z', 0)])), {
      ...page([invalidation('c', 3), invalidation('b', 2)]),
    })
    expect(idsOf(grown.items)).toEqual(['c', 'b', 'a', 'z'])
    expect([grown.next, grown.arrived]).toEqual([null, 1])
  })

  it('begins again if more came than could be fetched, since there is a gap behind it', () => {
    const after = withNewer(feed, page([invalidation('y', 9), invalidation('x', 8)], '7.0'))
    expect([idsOf(after.items), after.next, after.arrived]).toEqual([['y', 'x'], '7.0', 2])
  })

  it('does not show what came during a pause, and has it all afterwards', () => {
    const later = withNewer(feed, page([invalidation('d', 4), invalidation('c', 3)]))
    expect(idsOf(pausedAt(later, feed.arrived).items)).toEqual(['b', 'a'])
    expect(idsOf(pausedAt(later, later.arrived).items)).toEqual(['d', 'c', 'b', 'a'])
  })

  it('keeps a bounded number of items', () => {
    const many = Array.from({ length: feedItemsMax + 1 }, (_, number) => invalidation(`i${number}`, 0))
    const full = withOlder(feedOf(page([])), page(many, '1.0'))
    expect([full.items.length, full.next]).toEqual([feedItemsMax, null])
  })
})

describe('several feeds', () => {
  const deploy: ActivityItem = {
    ...{ kind: 'deploy', id: 'd', at: new Date(5_000).toISOString(), by: null },
    ...{ version: 'v2', previous: 'v1' },
  }

  it('are one list by time, in which what has no time comes last', () => {
    const ofWorkspace = feedOf(page([invalidation('b', 9), invalidation('a', 1), invalidation('old', null)]))
    expect(idsOf(mergeFeeds([ofWorkspace, feedOf(page([deploy]))]))).toEqual(['b', 'd', 'a', 'old'])
  })

  it('stay the same while nothing comes', () => {
    const feed = feedOf(page([deploy]))
    expect(withNewer(feed, page([]))).toBe(feed)
  })

  it('end where one of them has more to load, which is loaded next', () => {
    const busy = { name: 'busy', feed: feedOf(page([invalidation('b', 9), invalidation('a', 7)], '3.0')) }
    const quiet = { name: 'quiet', feed: feedOf(page([deploy], '1.0')) }
    expect(idsOf(mergeFeeds([busy.feed, quiet.feed]))).toEqual(['b', 'a'])
    expect(feedBehind([busy, quiet])?.name).toBe('busy')
    const whole: Feed = { ...busy.feed, next: null }
    expect(idsOf(mergeFeeds([whole, quiet.feed]))).toEqual(['b', 'a', 'd'])
    expect(feedBehind([{ name: 'whole', feed: whole }])).toBeNull()
    expect(mergeFeeds([])).toEqual([])
  })
})

describe('the filter of the address', () => {
  const filterOf = (text: string) => filterIn(new URLSearchParams(text))

  it('is asked of the feeds that have such items, and of no other', () => {
    expect(queriesOf(filterOf(''))).toEqual({ workspace: '', deployment: '' })
    expect(queriesOf(filterOf('kind=deploy'))).toEqual({ workspace: null, deployment: 'kind=deploy' })
    expect(queriesOf(filterOf('kind=settings'))).toEqual({ workspace: 'kind=settings', deployment: null })
    expect(queriesOf(filterOf('cause=outbox'))).toEqual({ workspace: 'cause=outbox', deployment: null })
    expect(queriesOf(filterOf('kind=alert&cause=api'))).toEqual({ workspace: null, deployment: null })
  })

  it('counts as none where the address names something unknown', () => {
    expect(filterOf('kind=nonsense&cause=&until=then')).toEqual({ kind: null, cause: null, until: null })
  })

  it('takes both feeds to an instant of the past', () => {
    const until = '2026-11-27T10:02:59.999Z'
    const query = new URLSearchParams({ until }).toString()
    expect(filterOf(query).until).toBe(until)
    expect(queriesOf(filterOf(query))).toEqual({ workspace: query, deployment: query })
  })
})

describe('an item in words', () => {
  it('says what happened, with ids and tags', () => {
    const event = { action: 'contact_moved', contactId: 'c1', fromColumnId: 'a', toColumnId: 'b' } as const
    expect(sentenceOf(invalidation('i', 1, { cause: 'api', event }))).toBe(
      "The CRM's backend moved a contact: c1 from a to b",
    )
    const tags = ['counts', 'contact#1', 'contact#2']
    expect(sentenceOf(invalidation('i', 1, { tags, tagsMore: 3 }))).toBe(
      'A write in the database moved counts, contact ×2, 3 more',
    )
    expect(familiesOf([], 0)).toBe('nothing')
    const changes = [
      { name: 'features.search', from: null, to: true },
      { name: 'cacheConfig.contactsTTL', from: 300, to: 45 },
    ]
    const saved: ActivityItem = {
      ...invalidation('i', 1),
      ...{ kind: 'settings', cause: 'settings', changes, changesMore: 1 },
    }
    expect(sentenceOf(saved)).toBe(
      'Cache settings: Search ? → on; Contact lists, lifetime 5 min → 45 s; 1 more',
    )
    const alerts: ActivityItem = {
      ...{ id: 'a', at: '2026-11-27T10:00:00.000Z', by: null, kind: 'alert_settings' },
      changes: [{ name: 'error_rate.for_seconds', from: 30, to: 60 }],
      changesMore: 0,
    }
    expect(sentenceOf(alerts)).toBe('Alert settings: Error rate fires after 30 s → 1 min')
  })

  it('leads to the questions whose answers it changed, and to none that it cannot name', () => {
    const addressesOf = (more: Partial<Invalidation>) =>
      inspectedBy(invalidation('i', 1, more), []).map(({ address }) => address)
    const event = { action: 'contact_moved', contactId: 'c 1', boardId: 'b1' } as const
    expect(addressesOf({ event })).toEqual([
      '#/inspector/contact?id=c+1',
      '#/inspector/contact-list?boardId=b1',
    ])
    expect(addressesOf({ tags: ['counts', 'contact#517'] })).toEqual(['#/inspector/contact-counts'])
    expect(addressesOf({ tags: ['thread#3'] })).toEqual([])
    expect(linkToContact('c 1', 'b1')).toBe('#/board/b1?contact=c+1')
    expect(linkToContact('c1')).toBe('#/board?contact=c1')
  })

  it('says what an operator began on a workspace, which may fail after that', () => {
    const deed: ActivityItem = {
      ...{ kind: 'deed', id: 'd', at: new Date(5_000).toISOString(), by: null },
      ...{ deed: 'warm-cache', workspaceId: '15214' },
    }
    expect(sentenceOf(deed)).toBe('A warm-up of workspace 15214 was started')
    expect(queriesOf(filterIn(new URLSearchParams('kind=deed')))).toEqual({
      workspace: null,
      deployment: 'kind=deed',
    })
    expect(touchedBy(deed, [], true)).toEqual([{ title: 'The deployment', address: '#/deployment' }])
  })

  it('names an alert as the figures do, with its value, and leads to the figures around it', () => {
    const alert: Extract<ActivityItem, { kind: 'alert' }> = {
      ...{ kind: 'alert', id: 'a', at: new Date(600_000).toISOString(), by: null, name: 'outbox_age' },
      ...{ severity: 'critical', from: 'pending', to: 'firing', reason: 'held' },
      ...{ value: 42, threshold: 30, unit: 'seconds' },
    }
    expect(sentenceOf(alert)).toBe('Outbox behind fires: 42 s, threshold 30 s')
    expect(sentenceOf({ ...alert, name: 'tier_away:redis', to: 'resolved', value: null })).toBe(
      'Tier away: redis is over',
    )
    expect(sentenceOf({ ...alert, name: 'of_a_later_release', value: null })).toBe('of_a_later_release fires')
    expect(touchedBy(alert, [], true)).toEqual([
      { title: 'Figures and alerts around then', address: '#/live?from=300000&to=900000' },
    ])
  })

  it('names its author from the point of view of the reader', () => {
    const userId = userIdSchema.parse('user-1')
    expect(authorText({ kind: 'user', userId }, 'user-1')).toBe('by you')
    expect(authorText({ kind: 'user', userId }, 'user-2')).toBe('by user-1')
    expect(authorText(null, 'user-1')).toBeNull()
  })

  it('leads to the boards that its tags may stand for, by their names', () => {
    const board = { id: 'board_1', name: 'Sales', board_columns: [{ id: 'col_1', name: 'New', position: 0 }] }
    const names = placeNames([board])
    const boardId = boardIdSchema.parse('board_1')
    const moves = [placeMove(boardId, null, 6), orderMove(boardId, columnIdSchema.parse('col_1'), 1)]
    expect(moves.map((move) => meaningOfMove(move, names))).toEqual([
      'Sales: 2 of its 16 filters',
      'Sales, New: 1 of its 16 filters',
    ])
    expect(boardsOf([...moves, 'counts'], names)).toEqual([board])
    const item = invalidation('i', 1, { tags: moves })
    expect(touchedBy(item, boardsOf(moves, names), false)).toEqual([
      { title: 'Board Sales', address: '#/board/board_1' },
    ])
    expect(touchedBy(item, boardsOf(moves, names), true)).toEqual([
      { title: 'Board Sales', address: '#/board/board_1' },
      { title: 'Inspect the list of Sales', address: '#/inspector/contact-list?boardId=board_1' },
    ])
    expect(meaningOfMove('contact#517', names)).toBe('a contact (bucket 517 of 1024)')
  })
})
