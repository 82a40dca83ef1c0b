import { importsWithin, type Rule } from './rules.ts'

/**
 * The rooms of the product, lowest first. A file imports from its own room and from rooms below it, never from a room
 * above. The room of a file is the longest entry with which its path begins. `shared` is below all.
 */
const roomOrder: readonly string[] = [
  'shared',
  ...[
    'worker/platform',
    'worker/events.ts',
    'worker/redis-config.ts',
    'worker/region-config.ts',
    'worker/config.ts',
    'worker/outbound',
    'worker/entry',
  ],
  'worker/redis',
  ...['worker/ledger', 'worker/tiers', 'worker/cache', 'worker/rate-limits', 'worker/auth'],
  ...['worker/voice', 'worker/inbound-email'],
  ...[
    'worker/deployment/metrics',
    'worker/deployment/redis',
    'worker/deployment/alerts',
    'worker/deployment/streams',
  ],
  ...['worker/deployment', 'worker/live', 'worker/env.ts', 'worker/services.ts', 'worker/http'],
  ...['worker/routes', 'worker/app.ts', 'worker/index.ts'],
  ...['origin/failures.ts', 'origin/database', 'origin/upkeep', 'origin/outbound', 'origin/files'],
  ...[
    'origin/outbox',
    'origin/contacts',
    'origin/voice',
    'origin/inbound-email',
    'origin/loaders',
    'origin/http',
    'origin/auth',
  ],
  ...['origin/work', 'origin/queues', 'origin/board'],
  ...[
    'origin/routes',
    'origin/config.ts',
    'origin/queues/main.ts',
    'origin/app.ts',
    'origin/index.ts',
    'origin/local',
  ],
]

/** Rooms outside of this order. The dashboard is a program of its own, and the browser client a library of its own. */
const apart = /^(test|worker\/dashboard|worker\/client)\//

export const importsGoDownwards: Rule = (files) => [
  ...files
    .filter(({ path }) => path.endsWith('.ts') && !apart.test(path) && path.includes('/'))
    .filter(({ path }) => roomOf(path) < 0)
    .map(({ path }) => `${path} is in no room that room-order.ts names`),
  ...importsWithin(files)
    .filter(({ path, target }) => !apart.test(path) && roomOf(target) > roomOf(path))
    .map(({ path, target }) => `${path} imports ${target}, which is in a room above it`),
]

function roomOf(path: string): number {
  const fitting = roomOrder.filter((room) => path === room || path.startsWith(`${room}/`))
  const longest = fitting.sort((one, other) => other.length - one.length)[0]
  return longest === undefined ? -1 : roomOrder.indexOf(longest)
}
