import { useCallback, useEffect, useRef, useState } from 'react'
import { ApiFailure } from '../api/failure.ts'
import { pauseUntilOnline } from '../parts/pause.ts'
import { type Feed, type FeedPage, feedOf, withNewer, withOlder } from './feed.ts'

/** Loads a page of a feed. `place` is `before=…` or `after=…`, or both. */
export type LoadPage = (place: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<FeedPage>

export interface LoadedFeed {
  /** Null until the first page is there. */
  readonly feed: Feed | null
  /** The failure of the latest request; null once one has succeeded. */
  readonly error: unknown
  readonly isLoadingOlder: boolean
  older(): void
  retry(): void
}

const pollMs = 3_000
const pollPauseMaxMs = 30_000
/** A page with a filter may be empty before the end. So many are looked through without being asked. */
const scansMax = 10
const pageItems = 50
const newerItems = 100

/**
 * Keeps a feed loaded: its first page, what comes after it while the page is in sight, and older pages on demand. `load` is null if there
 * is nothing to load. Another `load` begins again.
 */
export function useFeed(load: LoadPage | null): LoadedFeed {
  const [feed, setFeed] = useState<Feed | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [isLoadingOlder, setIsLoadingOlder] = useState(false)
  const [tries, setTries] = useState(0)
  const signal = useRef<AbortSignal>(AbortSignal.abort())
  const latest = useRef<Feed | null>(null)

  const keep = useCallback((next: Feed | null) => {
    latest.current = next
    setFeed(next)
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: `tries` begins again
  useEffect(() => {
    const ended = new AbortController()
    signal.current = ended.signal
    keep(null)
    setError(null)
    setIsLoadingOlder(false)
    if (load === null) return
    void follow({
      load,
      signal: ended.signal,
      feed: () => latest.current,
      keep: (next) => {
        keep(next)
        setError(null)
      },
      fail: setError,
    })
    return () => ended.abort()
  }, [load, tries, keep])

  const older = useCallback(() => {
    const [now, { current: until }] = [latest.current, signal]
    if (load === null || now === null || now.next === null) return
    setIsLoadingOlder(true)
    const mine = () => !until.aborted
    scanOlder(load, now, until)
      .then(
        (scanned) => {
          // Items that came meanwhile stay.
          if (mine() && latest.current !== null) keep(withOlder(latest.current, scanned))
        },
        (failure: unknown) => {
          if (mine()) setError(failure)
        },
      )
      .finally(() => {
        if (mine()) setIsLoadingOlder(false)
      })
  }, [load, keep])

  return { feed, error, isLoadingOlder, older, retry: () => setTries((before) => before + 1) }
}

interface Following {
  readonly load: LoadPage
  readonly signal: AbortSignal
  feed(): Feed | null
  keep(feed: Feed): void
  fail(error: unknown): void
}

/** Loads the first page, and then what comes after it, until the signal ends it. */
async function follow(following: Following): Promise<void> {
  const { load, signal, feed, keep, fail } = following
  let failures = 0
  while (!signal.aborted) {
    let pauseMs = pollMs
    try {
      const before = feed()
      if (before === null) {
        const first = await loadFirst(load, signal)
        if (!signal.aborted) keep(feedOf(first))
      } else if (!document.hidden) {
        const newer = await loadNewer(load, before, signal)
        const now = feed()
        if (!signal.aborted && now !== null) keep(withNewer(now, newer))
      }
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      fail(error)
      failures += 1
      pauseMs = pauseAfter(error, failures)
    }
    await pauseUntilOnline(pauseMs, signal)
  }
}

function pauseAfter(error: unknown, failures: number): number {
  const wanted = error instanceof ApiFailure ? (error.retryAfterSeconds ?? 0) * 1_000 : 0
  return Math.max(wanted, Math.min(pollMs * 2 ** failures, pollPauseMaxMs))
}

async function loadFirst(load: LoadPage, signal: AbortSignal): Promise<FeedPage> {
  const first = await load({ limit: String(pageItems) }, signal)
  if (first.items.length > 0 || first.next === null) return first
  return { ...(await scanOlder(load, first, signal)), newest: first.newest }
}

/** The next page with items, behind what is loaded; an empty one if so many pages are empty that the user should decide. */
async function scanOlder(load: LoadPage, from: FeedPage, signal: AbortSignal): Promise<FeedPage> {
  let page: FeedPage = { ...from, items: [] }
  for (let scans = 0; scans < scansMax && page.items.length === 0 && page.next !== null; scans += 1) {
    page = await load({ limit: String(pageItems), before: page.next }, signal)
  }
  return page
}

/** Everything after the newest item, page by page. With too many of them the last page's `next` stays, which tells of a gap. */
async function loadNewer(load: LoadPage, { newest }: Feed, signal: AbortSignal): Promise<FeedPage> {
  const limit = String(newerItems)
  if (newest === null) return load({ limit }, signal)
  let page = await load({ limit, after: newest }, signal)
  for (let scans = 0; scans < scansMax && page.next !== null; scans += 1) {
    const more = await load({ limit, after: newest, before: page.next }, signal)
    page = { items: [...page.items, ...more.items], next: more.next, newest: page.newest }
  }
  return page
}
