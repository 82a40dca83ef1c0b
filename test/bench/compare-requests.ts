import { z } from 'zod'
import type { StackFile } from '../../origin/local/stack-file.ts'

/** A running stack, as far as the comparison needs it. */
export type ComparedStack = Pick<StackFile, 'worker' | 'internalAuthKey' | 'tokens'>

/** One request of the comparison, sent to both versions alike. */
export interface ComparedRequest {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const boardId = 'board_123'
const documentSchema = z.object({ paths: z.record(z.string(), z.unknown()) })

/** Queries for pages of a board: each filter, and mistakes that a query may have. */
const boardQueries = [
  ...['', '?per_page=2', '?page=2&per_page=3', '?filter=open', '?filter=closed', '?filter=unassigned'],
  ...['?filter=assigned_to_me', '?filter=recent_activity', '?search=an', '?sort_by=name&sort_order=asc'],
  ...['?column_id=col_1', '?page=0', '?page=1&page=2', '?filter=nonsense', '?unknown=1', '?cursor=abc'],
  ...['?per_page=101', '?search=%00', '?search=%zz', `?search=${'a'.repeat(300)}`],
]

const wishes: readonly (readonly [string, string])[] = [
  ['Cache-Control', 'no-cache'],
  ['Cache-Control', 'max-age=0'],
  ['Cache-Control', 'max-age=60'],
  ['Cache-Control', 'max-stale=10'],
  ['Cache-Control', 'only-if-cached'],
  ['Cache-Control', 'no-store'],
  ['Pragma', 'no-cache'],
  ['X-Min-Version', '1'],
  ['X-Min-Version', 'x'],
  ['X-Explain', '1'],
  ['If-None-Match', '*'],
  ['Accept', 'text/html'],
  ['X-User-ID', 'somebody-else'],
]

/** Every path of the OpenAPI document with every method and in every role, and pages and counts with many queries. */
export function comparedRequests(document: unknown, stack: ComparedStack): ComparedRequest[] {
  const { paths } = documentSchema.parse(document)
  const roles: Readonly<Record<string, Record<string, string>>> = {
    nobody: {},
    garbage: { Authorization: 'Bearer garbage' },
    expired: { Authorization: `Bearer ${stack.tokens.expired}` },
    stranger: { Authorization: `Bearer ${stack.tokens.stranger}` },
    member: { Authorization: `Bearer ${stack.tokens.member}` },
    admin: { Authorization: `Bearer ${stack.tokens.admin}` },
    key: { Authorization: `Bearer ${stack.internalAuthKey}` },
  }
  const workspace = { 'X-Workspace-ID': '15213' }
  const filled = (path: string) =>
    path
      .replace('{workspaceId}', '15213')
      .replace('{boardId}', boardId)
      .replaceAll(/\{\w+\}/g, 'nothing')
  const request = (role: string, method: string, path: string, headers = {}): ComparedRequest => ({
    name: `${method} ${path} as ${role} ${JSON.stringify(headers)}`,
    method,
    path,
    headers: { ...roles[role], ...workspace, ...headers },
    body: method === 'POST' || method === 'PUT' || method === 'PATCH' ? '{}' : null,
  })
  const everywhere = [...Object.keys(paths), '/', '/no/such/route'].flatMap((path) =>
    methods.flatMap((method) => Object.keys(roles).map((role) => request(role, method, filled(path)))),
  )
  const board = `/api/boards/${boardId}/contacts`
  const counts = '/api/cache-settings/workspace/15213/counts'
  const pages = boardQueries.flatMap((query) =>
    ['GET', 'GET', 'HEAD'].map((method) => request('member', method, `${board}${query}`)),
  )
  const wished = [board, counts].flatMap((path) =>
    wishes.map(([name, value]) => request('member', 'GET', path, { [name]: value })),
  )
  const origins = ['http://localhost:3000', 'https://elsewhere.example'].flatMap((Origin) =>
    [board, '/health', '/no/such/route'].flatMap((path) =>
      ['GET', 'HEAD', 'OPTIONS'].map((method) =>
        request('member', method, path, { Origin, 'Access-Control-Request-Method': 'GET' }),
      ),
    ),
  )
  return [
    ...everywhere,
    ...pages,
    ...wished,
    ...origins,
    request('member', 'GET', `${counts}?useCache=false`),
  ]
}
