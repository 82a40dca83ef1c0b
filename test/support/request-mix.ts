import { createDice } from './dice.ts'
import type { TestStack } from './local-stack.ts'
import { createRandom } from './random.ts'

/** One request and its route, which is `none` if no route fits. */
export interface MixedRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly route: string
  /** The cached resource that the request reads, or null if it reads none. */
  readonly resource: 'contact-list' | 'contact-counts' | null
  /** Whether the answer comes from the distant origin. */
  readonly isSlow: boolean
}

/** The mix: how many of a thousand requests are of each kind. */
export const mixPerThousand = {
  'memory hit': 620,
  'KV hit': 40,
  'miss, read once': 60,
  'miss, read again': 20,
  'Redis hit': 20,
  'counts hit': 25,
  'not modified (304)': 60,
  'bad parameter (400)': 40,
  'no token (401)': 40,
  'not a member (403)': 30,
  'no such board (404)': 30,
  'no such route (404)': 10,
  'wrong method (405)': 5,
} as const
export type MixKind = keyof typeof mixPerThousand
/** The kinds in a fixed order. */
const mixKinds = [
  ...(['memory hit', 'KV hit', 'miss, read once', 'miss, read again', 'Redis hit', 'counts hit'] as const),
  ...(['not modified (304)', 'bad parameter (400)', 'no token (401)', 'not a member (403)'] as const),
  ...(['no such board (404)', 'no such route (404)', 'wrong method (405)'] as const),
] satisfies MixKind[]

const boardRoute = '/api/boards/{boardId}/contacts'
const countsRoute = '/api/cache-settings/workspace/{workspaceId}/counts'
const board = '/api/boards/board_123/contacts'

/** With these variables memory keeps pages of five contacts and none of fifteen, and the edge cache answers nothing. */
export const mixWorkerVariables = { MEMORY_CACHE_BYTES: '131072', EDGE_CACHE_ENABLED: 'false' }

/** The credentials of the requests, and the ETags of the pages in memory. */
export interface MixAccess {
  readonly tokens: TestStack['tokens']
  /** ETags of the small pages, by path. */
  readonly etags: ReadonlyMap<string, string>
}

export const smallPages = Array.from({ length: 10 }, (_, page) => `${board}?per_page=5&page=${page + 1}`)
export const largePages = Array.from({ length: 4 }, (_, page) => `${board}?per_page=20&page=${page + 1}`)
export const countsPath = '/api/cache-settings/workspace/15213/counts'

/**
 * This many requests of the mix in two parts, each in a random order that the seed fixes. Pages that the second part
 * reads again were read in the first.
 */
export function mixedRequests(
  total: number,
  access: MixAccess,
): readonly [readonly MixedRequest[], readonly MixedRequest[]] {
  const { shuffled } = createDice(createRandom(1))
  const parts: [MixedRequest[], MixedRequest[]] = [[], []]
  for (const kind of mixKinds) {
    const times = Math.round((total * mixPerThousand[kind]) / 1_000)
    const inFirst = kind === 'miss, read again' ? times : kind === 'Redis hit' ? 0 : Math.round(times * 0.6)
    for (let number = 0; number < times; number += 1) {
      parts[number < inFirst ? 0 : 1].push(requestOf(kind, number, access))
    }
  }
  return [shuffled(parts[0]), shuffled(parts[1])]
}

function requestOf(kind: MixKind, number: number, { tokens, etags }: MixAccess): MixedRequest {
  const asMember = { Authorization: `Bearer ${tokens.admin}`, 'X-Workspace-ID': '15213' }
  const list = {
    method: 'GET',
    headers: asMember,
    route: boardRoute,
    resource: 'contact-list',
    isSlow: false,
  } as const
  const small = smallPages[number % smallPages.length] ?? board
  switch (kind) {
    case 'memory hit':
      return { ...list, path: small }
    case 'KV hit':
      return { ...list, path: largePages[number % largePages.length] ?? board }
    case 'miss, read once':
      return { ...list, path: `${board}?per_page=2&page=${20 + number}`, isSlow: true }
    case 'miss, read again':
      return { ...list, path: pageReadAgain(number), isSlow: true }
    case 'Redis hit':
      return { ...list, path: pageReadAgain(number) }
    case 'counts hit':
      return { ...list, path: countsPath, route: countsRoute, resource: 'contact-counts' }
    case 'not modified (304)':
      return { ...list, path: small, headers: { ...asMember, 'If-None-Match': etags.get(small) ?? '' } }
    case 'bad parameter (400)':
      return { ...list, path: `${board}?per_page=101`, resource: null }
    case 'no token (401)':
      return { ...list, path: small, headers: { 'X-Workspace-ID': '15213' }, resource: null }
    case 'not a member (403)':
      return {
        ...list,
        path: small,
        headers: { ...asMember, Authorization: `Bearer ${tokens.otherAdmin}` },
        resource: null,
      }
    case 'no such board (404)':
      return { ...list, path: '/api/boards/board_of_nobody/contacts' }
    case 'no such route (404)':
      return { ...list, path: '/api/nothing', route: 'none', resource: null }
    case 'wrong method (405)':
      return { ...list, method: 'POST', path: small, resource: null }
  }
}

/** Pages of fifteen contacts in four orders, so that there are enough of them. */
function pageReadAgain(number: number): string {
  const order = ['created_at', 'updated_at', 'name', 'last_activity_at'][number % 4] ?? 'name'
  return `${board}?per_page=15&sort_by=${order}&page=${1 + Math.floor(number / 4)}`
}
