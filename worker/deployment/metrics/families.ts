/**
 * Everything counted, by family: labels, and what is said of it. Labels come from closed unions (events.ts) and from the
 * patterns of routes; none is a workspace, a user or a key: so the number of series is bounded, by a few hundred.
 */
export const counterFamilies = {
  http_requests: {
    labels: ['method', 'route', 'code'],
    help: 'Requests answered, by method, pattern of the route and HTTP status; none where no route fits.',
  },
  reads: {
    labels: ['resource', 'code', 'status', 'source'],
    help: 'Reads of a cached resource, by how they were answered.',
  },
  tier_gets: { labels: ['tier', 'outcome'], help: 'Times a tier was asked for an entry.' },
  tier_puts: { labels: ['tier', 'outcome'], help: 'Entries handed to a tier.' },
  entries_stored: {
    labels: ['tier', 'cause'],
    help: 'Entries a tier took: after a load (fill), or brought up from a farther tier (back-fill).',
  },
  stored_bytes: { labels: ['tier', 'cause'], help: 'Bytes of the bodies of entries a tier took.' },
  unreadable_entries: {
    labels: ['tier'],
    help: 'Entries that a tier had in a form that this release does not read: misses.',
  },
  tier_evictions: { labels: ['tier'], help: 'Entries a tier dropped to make room.' },
  breaker_changes: {
    labels: ['tier', 'side', 'state'],
    help: 'Times a circuit breaker of a tier or of the origin changed over to a state.',
  },
  ledger_calls: { labels: ['call', 'outcome'], help: 'Calls of a ledger.' },
  origin_calls: {
    labels: ['outcome'],
    help: 'Calls of the origin; overloaded where it shed the load.',
  },
  consistency_checks: { labels: ['outcome'], help: 'Served answers compared with what the origin says.' },
  consistency_violations: { labels: [], help: 'Served answers that differed with nothing to excuse it.' },
  invalidation_events: { labels: [], help: 'Invalidation events made durable.' },
  invalidation_tags: { labels: [], help: 'Cache tags moved on by invalidations.' },
  rate_limited: {
    labels: ['scope', 'outcome'],
    help: 'Requests over a rate limit, and requests judged without Redis: by the platform, or let through by nobody.',
  },
  origin_queries: { labels: ['query'], help: 'Queries that the origin began, refused ones included.' },
  origin_query_failures: {
    labels: ['query', 'kind'],
    help: 'Queries of the origin that failed; overloaded where it shed the load.',
  },
  origin_query_followers: {
    labels: ['query'],
    help: 'Requests of the origin that shared the query of another.',
  },
  origin_unfit_values: {
    labels: ['resource', 'field'],
    help: 'Values of rows that did not fit their schema: the origin answered without them.',
  },
  outbox_relayed: { labels: [], help: 'Rows of the outbox that a ledger has been told.' },
  outbox_failures: { labels: ['kind'], help: 'Tries of the relay that failed.' },
} as const satisfies Record<string, Family>

/** Every duration measured, by family; shown as a histogram in seconds. */
export const durationFamilies = {
  http_request: {
    name: 'http_request_duration_seconds',
    labels: ['route'],
    help: 'Time to answer a request.',
  },
  read: {
    name: 'read_duration_seconds',
    labels: ['resource', 'source'],
    help: 'Time to answer a read of a cached resource.',
  },
  tier_get: { name: 'tier_get_duration_seconds', labels: ['tier'], help: 'Time a tier took to answer.' },
  ledger_call: {
    name: 'ledger_call_duration_seconds',
    labels: ['call'],
    help: 'Time a ledger took to answer.',
  },
  origin_call: { name: 'origin_call_duration_seconds', labels: [], help: 'Time the origin took to answer.' },
  view_age: {
    name: 'view_age_seconds',
    labels: [],
    help: 'How long ago the ledger had been asked for what a read was judged by.',
  },
  staleness: {
    name: 'staleness_seconds',
    labels: ['outcome'],
    help: 'How old, at most, a change was that a checked answer missed; 0 where it missed none.',
  },
} as const satisfies Record<string, Family & { readonly name: string }>

/**
 * Every standing, by family. `merge` says how the figures of a location's isolates become one; what the deployment has
 * one of is `null`, and has no location.
 */
export const gaugeFamilies = {
  breaker_state: {
    labels: ['tier', 'side'],
    merge: 'max',
    help: 'The worst state of a circuit breaker in a location: 0 closed, 1 half-open, 2 open.',
  },
  memory_tier_bytes: {
    labels: [],
    merge: 'sum',
    help: 'What isolates of a location hold in memory of entries.',
  },
  isolates: { labels: [], merge: 'sum', help: 'Isolates of a location heard of in the last minute.' },
  figures_shards: { labels: [], merge: null, help: 'Shards that figures are summed from.' },
  figures_shards_away: {
    labels: [],
    merge: null,
    help: 'Shards that did not answer when these figures were read; their latest figures are in the sums.',
  },
  origin_up: { labels: [], merge: null, help: 'Whether the origin told its figures when last asked.' },
  origin_queries_running: {
    labels: [],
    merge: null,
    help: 'Queries that run in the origin that was last asked.',
  },
  origin_queries_waiting: { labels: [], merge: null, help: 'Queries that wait there for a place.' },
  outbox_rows: { labels: [], merge: null, help: 'Rows of the outbox that wait for a ledger.' },
  outbox_oldest_age_seconds: { labels: [], merge: null, help: 'Age of the oldest row of the outbox.' },
  outbox_parked_rows: { labels: [], merge: null, help: 'Rows that were refused time and again.' },
} as const satisfies Record<string, Family & { readonly merge: 'max' | 'sum' | null }>

interface Family {
  readonly labels: readonly string[]
  readonly help: string
}

export type CounterFamily = keyof typeof counterFamilies
export type DurationFamily = keyof typeof durationFamilies
export type GaugeFamily = keyof typeof gaugeFamilies

/** A series: the family and the values of its labels, in the order of the family; labels hold no white space. */
export function seriesOf(family: string, labels: readonly string[]): string {
  let series = family
  for (const label of labels) series += ` ${label}`
  return series
}

/** The series of one family, with the values of its labels by name. */
export function seriesOfFamily<Label extends string, Value>(
  series: Readonly<Record<string, Value>>,
  family: string,
  labels: readonly Label[],
): { readonly labels: Readonly<Partial<Record<Label, string>>>; readonly value: Value }[] {
  return Object.entries(series).flatMap(([name, value]) => {
    const [ofFamily, ...values] = name.split(' ')
    if (ofFamily !== family || values.length !== labels.length) return []
    const named: Partial<Record<Label, string>> = {}
    for (const [index, label] of labels.entries()) {
      const text = values[index]
      if (text !== undefined) named[label] = text
    }
    return [{ labels: named, value }]
  })
}

/** The label of a read that ended in an error, and of a request that no route fits. */
export const unserved = 'none'
