/**
 * All counters, by family, with their labels and their help text. Labels come from closed unions (events.ts) and from
 * the patterns of routes, never from a workspace, a user or a key, so there are at most a few hundred series.
 */
export const counterFamilies = {
  http_requests: {
    labels: ['method', 'route', 'code'],
    help: 'Requests answered, by method, pattern of the route and HTTP status; the route is none if no pattern matches.',
  },
  reads: {
    labels: ['resource', 'code', 'status', 'source'],
    help: 'Reads of a cached resource, by how they were answered.',
  },
  tier_gets: { labels: ['tier', 'outcome'], help: 'Lookups of an entry in a tier.' },
  tier_puts: { labels: ['tier', 'outcome'], help: 'Writes of an entry to a tier.' },
  entries_stored: {
    labels: ['tier', 'cause'],
    help: 'Entries that a tier stored, after a load (fill) or after a hit in a farther tier (back-fill).',
  },
  stored_bytes: { labels: ['tier', 'cause'], help: 'Bytes of the bodies of entries that a tier stored.' },
  unreadable_entries: {
    labels: ['tier'],
    help: 'Entries that a tier had in a form that this release does not read: misses.',
  },
  tier_evictions: { labels: ['tier'], help: 'Entries that a tier dropped to make room.' },
  breaker_changes: {
    labels: ['tier', 'side', 'state'],
    help: 'Changes of a circuit breaker of a tier or of the origin, by the state it entered.',
  },
  region_calls: {
    labels: ['region', 'part', 'outcome'],
    help: 'Reads that came to the origin or the Redis of a region, where there are several; passed-on if the next region was called.',
  },
  ledger_calls: { labels: ['call', 'outcome'], help: 'Calls to a ledger.' },
  origin_calls: {
    labels: ['outcome'],
    help: 'Calls to the origin; overloaded if it shed the load.',
  },
  consistency_checks: { labels: ['outcome'], help: 'Served answers that were compared with the origin.' },
  consistency_violations: {
    labels: [],
    help: 'Served answers that were outdated without an invalidation that explains it.',
  },
  shadow_comparisons: {
    labels: ['resource', 'outcome'],
    help: 'Answers of the database that were compared with what the tiers would have said; mismatch if nothing that was reported explains a difference, late if a change on its way does, miss if they would have had none.',
  },
  loads_ahead: {
    labels: ['why', 'outcome'],
    help: 'Entries that were to be loaded before a reader needs them, by why; found if a tier had them, refused by bounds, settings or the origin.',
  },
  invalidation_events: { labels: [], help: 'Invalidation events made durable.' },
  invalidation_tags: { labels: [], help: 'Cache tags moved by invalidations.' },
  calls_answered: {
    labels: ['context_source'],
    help: 'Calls that were answered before they were picked up, by where their variables come from.',
  },
  mails: {
    labels: ['way', 'result'],
    help: 'Messages of inbound e-mail, by the way on which they came and what became of them.',
  },
  rate_limited: {
    labels: ['scope', 'outcome'],
    help: 'Requests over a rate limit, and requests decided without Redis: by the platform, or let through without a decision.',
  },
  live_connects: {
    labels: ['outcome'],
    help: 'Requests for a live connection that reached a hub, by whether it took them; of several full hubs each counts.',
  },
  live_frames: { labels: ['frame'], help: 'Frames that hubs sent to clients.' },
  live_loads: { labels: ['outcome'], help: 'Loads of shown answers by hubs.' },
  live_closes: { labels: ['reason'], help: 'Live connections that hubs closed.' },
  origin_queries: { labels: ['query'], help: 'Queries that the origin started, including those it refused.' },
  origin_query_failures: {
    labels: ['query', 'kind'],
    help: 'Queries of the origin that failed; overloaded if it shed the load.',
  },
  origin_query_followers: {
    labels: ['query'],
    help: 'Requests of the origin that shared the query of another.',
  },
  origin_unfit_values: {
    labels: ['resource', 'field'],
    help: 'Values of rows that did not fit their schema and were left out of the answer.',
  },
  outbox_relayed: { labels: [], help: 'Rows of the outbox that were delivered to a ledger.' },
  outbox_failures: { labels: ['kind'], help: 'Failed tries of the relay.' },
} as const satisfies Record<string, Family>

/** All measured durations, by family, exposed as histograms in seconds. */
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
  mail: {
    name: 'mail_duration_seconds',
    labels: ['result'],
    help: 'Time to answer a message of inbound e-mail.',
  },
  origin_call: { name: 'origin_call_duration_seconds', labels: [], help: 'Time the origin took to answer.' },
  view_age: {
    name: 'view_age_seconds',
    labels: [],
    help: 'Age of the view of the ledger that a read was judged by.',
  },
  staleness: {
    name: 'staleness_seconds',
    labels: ['outcome'],
    help: 'Upper bound for the age of a change that a checked answer missed; 0 if it missed none.',
  },
  shadow_saved: {
    name: 'shadow_saved_seconds',
    labels: ['resource'],
    help: 'Time that the tiers would have saved an answer of the database that they have too.',
  },
} as const satisfies Record<string, Family & { readonly name: string }>

/**
 * All gauges, by family. `merge` says how the gauges of a location's isolates are combined; it is null for a gauge of
 * which the whole deployment has one, without a location.
 */
export const gaugeFamilies = {
  breaker_state: {
    labels: ['tier', 'side'],
    merge: 'max',
    help: 'The worst state of a circuit breaker in a location: 0 closed, 1 half-open, 2 open.',
  },
  region_breaker_state: {
    labels: ['region', 'part'],
    merge: 'max',
    help: 'The worst state of the circuit breakers of a region in a location: 0 closed, 1 half-open, 2 open.',
  },
  memory_tier_bytes: {
    labels: [],
    merge: 'sum',
    help: 'Bytes of entries in the memory of the isolates of a location.',
  },
  live_sockets: {
    labels: [],
    merge: 'sum',
    help: 'Live connections of the hubs that were opened from a location, as far as the hubs reported in the last minute.',
  },
  isolates: { labels: [], merge: 'sum', help: 'Isolates of a location that reported in the last minute.' },
  redis_second_in_use: {
    labels: ['server'],
    merge: 'sum',
    help: 'Isolates of a location that use the second URL of a Redis, because its first one does not answer.',
  },
  redis_used_memory_bytes: {
    labels: ['server'],
    merge: null,
    help: 'Memory that a Redis uses, as it says itself.',
  },
  redis_max_memory_bytes: {
    labels: ['server'],
    merge: null,
    help: 'Memory that a Redis may use, as it says itself or as the configuration says.',
  },
  redis_keys: {
    labels: ['database'],
    merge: null,
    help: 'Keys of a namespace of Redis, counted by the last walk.',
  },
  redis_memory_bytes: {
    labels: ['database'],
    merge: null,
    help: 'Bytes of the keys and values of a namespace of Redis, estimated by the last walk.',
  },
  redis_walked_seconds: {
    labels: ['database'],
    merge: null,
    help: 'Unix time at which the last walk that counted a namespace ended.',
  },
  rollout_mode: {
    labels: ['mode'],
    merge: null,
    help: 'The mode of the rollout: 1 for the one in force.',
  },
  rollout_percent: { labels: [], merge: null, help: 'The percentage of the rollout.' },
  rollout_workspaces: {
    labels: ['list'],
    merge: null,
    help: 'Workspaces of each list of the rollout; shadowed contains those that returned to shadow by themselves.',
  },
  rollout_unconfirmed_ledgers: {
    labels: [],
    merge: null,
    help: 'Awake ledgers that have not confirmed the latest change of the rollout yet.',
  },
  demand_questions: {
    labels: [],
    merge: null,
    help: 'Questions in demand that are remembered for loads ahead.',
  },
  figures_shards: { labels: [], merge: null, help: 'Shards whose figures are summed.' },
  figures_shards_away: {
    labels: [],
    merge: null,
    help: 'Shards that did not answer when these figures were read; the sums contain their last report.',
  },
  origin_up: {
    labels: [],
    merge: null,
    help: 'Whether the origin answered the latest request for its figures.',
  },
  origin_queries_running: {
    labels: [],
    merge: null,
    help: 'Queries that run in the process of the origin that answered last.',
  },
  origin_queries_waiting: { labels: [], merge: null, help: 'Queries that wait for a place in that process.' },
  queue_jobs: {
    labels: ['queue', 'state'],
    merge: null,
    help: 'Jobs of a queue by state; those that have ended as far as they are kept.',
  },
  queue_oldest_waiting_seconds: {
    labels: ['queue'],
    merge: null,
    help: 'How long the job that has waited longest has been due.',
  },
  queue_paused: { labels: ['queue'], merge: null, help: 'Whether the queue is paused.' },
  queue_served: {
    labels: ['queue'],
    merge: null,
    help: 'Whether a process has run jobs of the queue in the last minute.',
  },
  queue_ended_last_hour: {
    labels: ['queue', 'outcome'],
    merge: null,
    help: 'Jobs that ended in the last hour; failed if no attempt was left.',
  },
  queue_failed_runs_last_hour: {
    labels: ['queue'],
    merge: null,
    help: 'Runs that failed in the last hour, those that were tried again included.',
  },
  queue_wait_seconds: {
    labels: ['queue', 'percentile'],
    merge: null,
    help: 'Time from when a job was due to the start of its first run, over the last hour.',
  },
  queue_run_seconds: {
    labels: ['queue', 'percentile'],
    merge: null,
    help: 'Time of a run of a job, over the last hour.',
  },
  outbox_rows: { labels: [], merge: null, help: 'Rows of the outbox that wait to be delivered.' },
  outbox_oldest_age_seconds: { labels: [], merge: null, help: 'Age of the oldest row of the outbox.' },
  outbox_parked_rows: { labels: [], merge: null, help: 'Rows of the outbox that were refused repeatedly.' },
} as const satisfies Record<string, Family & { readonly merge: 'max' | 'sum' | null }>

interface Family {
  readonly labels: readonly string[]
  readonly help: string
}

export type CounterFamily = keyof typeof counterFamilies
export type DurationFamily = keyof typeof durationFamilies
export type GaugeFamily = keyof typeof gaugeFamilies

/**
 * The name of a series: the family followed by the values of its labels, in the family's order. Labels contain no white
 * space.
 */
export function seriesOf(family: string, labels: readonly string[]): string {
  let series = family
  for (const label of labels) series += ` ${label}`
  return series
}

/** All series of one family, with the values of their labels by name. */
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

/** The label for the source of a read that ended in an error, and for the route of a request that no route matches. */
export const unserved = 'none'
