import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One way to answer the page. */
export interface Subject {
  readonly name: string
  /** The Worker's module. */
  readonly entry: string
  readonly variables: Readonly<Record<string, string>>
  /** Whether requests to it have a token. */
  readonly isAuthenticated: boolean
  /** `_cache.source` of its answers, or null if they have none. */
  readonly source: string | null
}

const entryOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const boardcache = entryOf('../../worker/index.ts')
const noMemory = { MEMORY_CACHE_BYTES: '0' }
const noNearTiers = { ...noMemory, EDGE_CACHE_ENABLED: 'false' }
const noRedis = { REDIS_ENABLED: 'false' }

/** The most that a Worker can do. Memory hits are compared with it too. */
export const constant: Subject = {
  name: 'bare Worker, a constant',
  entry: entryOf('workers/constant.ts'),
  variables: {},
  isAuthenticated: false,
  source: null,
}

/** The subject with which the others are compared. */
export const yardstick: Subject = {
  name: 'bare Worker, one KV value',
  entry: entryOf('workers/one-kv-value.ts'),
  variables: {},
  isAuthenticated: false,
  source: null,
}

/** Everything that is measured. For each tier of Boardcache, the tiers before it are switched off or empty. */
export const subjects: readonly Subject[] = [
  constant,
  yardstick,
  {
    name: "Hono's cache middleware, no authentication",
    entry: entryOf('workers/hono-cache.ts'),
    variables: {},
    isAuthenticated: false,
    source: null,
  },
  {
    name: 'plain design: KV, parse, serialize',
    entry: entryOf('workers/plain-design.ts'),
    variables: {},
    isAuthenticated: true,
    source: 'cloudflare_kv',
  },
  {
    name: 'Boardcache, memory hit',
    entry: boardcache,
    variables: noRedis,
    isAuthenticated: true,
    source: 'memory',
  },
  {
    name: 'Boardcache, memory hit, held to limits',
    entry: boardcache,
    variables: { RATE_LIMIT_USER_MAX: '1000000', RATE_LIMIT_WORKSPACE_MAX: '1000000' },
    isAuthenticated: true,
    source: 'memory',
  },
  {
    name: 'Boardcache, memory hit, logged',
    entry: boardcache,
    variables: { ...noRedis, LOG_LEVEL: 'info' },
    isAuthenticated: true,
    source: 'memory',
  },
  {
    name: 'Boardcache, memory hit, nothing counted',
    entry: entryOf('workers/without-metrics.ts'),
    variables: noRedis,
    isAuthenticated: true,
    source: 'memory',
  },
  {
    name: 'Boardcache, edge-cache hit',
    entry: boardcache,
    variables: { ...noMemory, ...noRedis },
    isAuthenticated: true,
    source: 'edge_cache',
  },
  {
    name: 'Boardcache, KV hit',
    entry: boardcache,
    variables: { ...noNearTiers, ...noRedis },
    isAuthenticated: true,
    source: 'cloudflare_kv',
  },
  {
    name: 'Boardcache, Redis hit',
    entry: entryOf('workers/without-kv.ts'),
    variables: noNearTiers,
    isAuthenticated: true,
    source: 'redis_cache',
  },
]

/** The Worker of another working copy of this project, measured in the same ways and in the same rounds. */
export function subjectsOf(folder: string): Subject[] {
  const entry = join(folder, 'worker/index.ts')
  return subjects
    .filter((subject) => subject.entry === boardcache)
    .map((subject) => ({ ...subject, entry, name: subject.name.replace('Boardcache', 'before') }))
}
