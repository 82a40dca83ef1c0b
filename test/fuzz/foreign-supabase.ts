import type { Dice } from '../support/dice.ts'
import { ours, removedUser, theirs } from './foreign-tokens.ts'
import type { Catalog, CatalogTable, Loot } from './foreign-world.ts'
import { bytesOf, type RequestCase } from './request-case.ts'

/** A request to Supabase's interface for data of the other workspace: tables, functions, sign-in. */
export function supabaseCase(catalog: Catalog, loot: Loot, dice: Dice, token: string): RequestCase {
  const kind = dice.between(1, 10)
  const asked =
    kind <= 4
      ? readOf(catalog, loot, dice)
      : kind <= 6
        ? writeOf(catalog, loot, dice)
        : kind <= 9
          ? callOf(catalog, loot, dice)
          : signInOf(dice)
  const key = dice.happens(0.96) ? '{{publishable}}' : dice.pick(['', 'sb_secret_guess', `{{${token}}}`])
  return {
    side: 'supabase',
    route: asked.route,
    method: asked.method,
    target: asked.target,
    version: 'HTTP/1.1',
    headers: [
      ['Host', '{{host}}'],
      ['apikey', key],
      ...(dice.happens(0.95) ? [['Authorization', `Bearer {{${token}}}`] as [string, string]] : []),
      ...profiles(dice),
      ...(dice.happens(0.1) ? [['X-Boardcache-Writer-Proof', dice.pick(proofs)] as [string, string]] : []),
      ...asked.headers,
      ['Connection', 'close'],
    ],
    body: asked.body === null ? null : [[bytesOf(JSON.stringify(asked.body)), 1]],
    framing: { kind: 'length' },
    ending: 'answer',
    lineEnd: '\r\n',
    copies: 1,
    pieceBytes: null,
  }
}

/** Guesses at the secret by which the database recognizes the origin's own calls. */
const proofs = ['', 'null', '"', '{"a":1}', 'x'.repeat(64), '%', '\\', '{{publishable}}']

interface Asked {
  readonly route: string
  readonly method: string
  readonly target: string
  readonly headers: readonly [string, string][]
  readonly body: unknown
}

function profiles(dice: Dice): [string, string][] {
  if (dice.happens(0.93)) return []
  const schema = dice.pick([
    'private',
    'auth',
    'reference_data',
    'local_state',
    'pg_catalog',
    'information_schema',
  ])
  return [
    ['Accept-Profile', schema],
    ['Content-Profile', schema],
  ]
}

const encoded = encodeURIComponent

function pickTable({ tables }: Catalog, dice: Dice) {
  const open = tables.filter(({ schema }) => schema === 'public')
  return dice.pick(dice.happens(0.95) ? open : tables)
}

function filtersOf({ columns }: CatalogTable, loot: Loot, dice: Dice): string[] {
  const key = columns.includes('workspace_id') ? 'workspace_id' : 'id'
  const named = [
    `${key}=eq.${theirs}`,
    `${key}=in.(${ours},${theirs})`,
    `${key}=neq.${ours}`,
    `${key}=not.eq.${ours}`,
    `${key}=like.*14`,
    `${key}=gt.${ours}`,
    `or=(${key}.eq.${ours},${key}.eq.${theirs})`,
    `not.and=(${key}.eq.${ours})`,
    ...(columns.includes('id') ? [`id=eq.${dice.pick(loot.contactIds)}`] : []),
    ...(columns.includes('name') ? ['name=ilike.*a*'] : []),
    `${key}=eq.${encoded(`${theirs}' or '1'='1`)}`,
  ]
  return dice.happens(0.85) ? [dice.pick(named)] : []
}

/**
 * A selection with rows of other tables embedded up to two relations away, and sometimes of a table without a
 * relation.
 */
function selectionOf({ tables }: Catalog, { name, related, columns }: CatalogTable, dice: Dice): string {
  const kind = dice.between(1, 12)
  if (kind === 1) return 'count()'
  if (kind === 2) return '*,contacts(*),workspaces(*)'
  if (kind === 3) return dice.shuffled(columns).slice(0, 4).join(',')
  const next = kind <= 7 ? undefined : dice.pickOrNone(related)
  if (next === undefined) return '*'
  const further = dice.pickOrNone(tables.find((table) => table.name === next)?.related ?? [])
  return further === undefined || further === name || kind <= 10
    ? `*,${next}(*)`
    : `*,${next}(*,${further}(*))`
}

function readOf(catalog: Catalog, loot: Loot, dice: Dice): Asked {
  const table = pickTable(catalog, dice)
  const { name, columns } = table
  const order = columns.includes('workspace_id') ? 'workspace_id' : 'id'
  const query = [
    ...(dice.happens(0.8) ? [`select=${encoded(selectionOf(catalog, table, dice))}`] : []),
    ...filtersOf(table, loot, dice),
    ...(dice.happens(0.3) ? [`order=${order}${dice.pick(['', '.desc'])}`] : []),
    `limit=${dice.pick([5, 20])}`,
  ]
  return {
    route: `/rest/v1/${name}`,
    method: dice.happens(0.9) ? 'GET' : 'HEAD',
    target: `/rest/v1/${name}?${query.join('&')}`,
    headers: [
      ...(dice.happens(0.3) ? [['Prefer', 'count=exact'] as [string, string]] : []),
      ...(dice.happens(0.08) ? [['Accept', dice.pick(mediaTypes)] as [string, string]] : []),
    ],
    body: null,
  }
}

const mediaTypes = [
  'text/csv',
  'application/vnd.pgrst.object+json',
  'application/vnd.pgrst.plan',
  'application/geo+json',
]

function writeOf(catalog: Catalog, loot: Loot, dice: Dice): Asked {
  const table = pickTable(catalog, dice)
  const { name, columns } = table
  const method = dice.pick(['POST', 'POST', 'PATCH', 'PATCH', 'DELETE', 'PUT'])
  const values: Record<string, unknown> = {
    workspace_id: theirs,
    id: name === 'workspaces' ? theirs : dice.pick([...loot.contactIds, 'brought']),
    name: 'written by somebody else',
    board_id: 'board_214',
    board_column_id: 'col_1',
    user_id: dice.pick([removedUser, '00000000-0000-4000-8000-000000000001']),
    role: 'admin',
    settings: { cacheEnabled: false },
    position: 1,
  }
  const row = Object.fromEntries(Object.entries(values).filter(([column]) => columns.includes(column)))
  const moved = dice.happens(0.5) ? row : { workspace_id: theirs }
  const filters =
    method === 'POST' ? [] : dice.happens(0.3) ? [`workspace_id=eq.${ours}`] : filtersOf(table, loot, dice)
  const query = [
    ...filters,
    ...(dice.happens(0.3) ? ['select=*'] : []),
    ...(dice.happens(0.2) ? ['on_conflict=workspace_id'] : []),
  ]
  const prefer = dice.pick([
    'return=representation',
    'return=representation, resolution=merge-duplicates',
    'resolution=ignore-duplicates, return=representation',
    'return=minimal',
    'missing=default, return=representation',
  ])
  return {
    route: `/rest/v1/${name}`,
    method,
    target: `/rest/v1/${name}${query.length === 0 ? '' : `?${query.join('&')}`}`,
    headers: [
      ['Prefer', prefer],
      ['Content-Type', 'application/json'],
    ],
    body: method === 'DELETE' ? null : method === 'PATCH' ? moved : dice.happens(0.8) ? row : [row, row],
  }
}

function callOf({ functions }: Catalog, loot: Loot, dice: Dice): Asked {
  const open = functions.filter(({ schema }) => schema === 'public')
  const { name, args } = dice.pick(dice.happens(0.95) ? open : functions)
  const values = Object.fromEntries(
    args.map((arg) => {
      const value = argumentOf(arg.name, loot, dice)
      return [arg.name, value === undefined ? ofType(arg.type, dice) : value]
    }),
  )
  const isGet = dice.happens(0.2)
  const query = Object.entries(values).map(
    ([arg, value]) => `${arg}=${encoded(typeof value === 'string' ? value : JSON.stringify(value))}`,
  )
  return {
    route: `/rest/v1/rpc/${name}`,
    method: isGet ? 'GET' : 'POST',
    target: `/rest/v1/rpc/${name}${isGet ? `?${query.join('&')}` : ''}`,
    headers: isGet ? [] : [['Content-Type', 'application/json']],
    body: isGet ? null : values,
  }
}

/** The value for an argument of the product's functions by its name, or undefined for an unknown name. */
function argumentOf(name: string, loot: Loot, dice: Dice): unknown {
  if (/workspace/.test(name)) return dice.happens(0.9) ? theirs : dice.pick([ours, [theirs], null])
  if (/board/.test(name)) return dice.pick(['board_214', 'board_1'])
  if (/column/.test(name)) return dice.pick([null, 'col_1'])
  if (/contacts$/.test(name)) {
    return [{ id: dice.pick(loot.contactIds), board_id: 'board_214', board_column_id: 'col_1', name: 'x' }]
  }
  if (/contact|^p_id/.test(name))
    return dice.pick([dice.pick(loot.contactIds), { id: dice.pick(loot.contactIds), name: 'x' }])
  if (/filter/.test(name)) return dice.pick(['all', 'open'])
  if (/search/.test(name)) return dice.pick([null, 'a', '@'])
  if (/sort_by/.test(name)) return 'created_at'
  if (/sort_order/.test(name)) return 'desc'
  if (/per_page/.test(name)) return dice.pick([100, 5])
  if (/page|max|seconds|limit/.test(name)) return 1
  if (/after/.test(name)) return null
  return undefined
}

/** A value that fits the argument's type, so that the call reaches the function, and sometimes one that does not. */
function ofType(type: string, dice: Dice): unknown {
  if (dice.happens(0.1)) return dice.pick([null, 1, 'a', [], [theirs]])
  if (type.endsWith('[]')) return [ofType(type.slice(0, -2), dice)]
  if (/int|numeric|double|real/.test(type)) return 1
  if (type === 'boolean') return dice.happens(0.5)
  if (type === 'uuid') return removedUser
  if (type.startsWith('json')) {
    return dice.pick([
      [],
      [{ workspace_id: theirs, id: 'brought' }],
      { name: 'written by somebody else' },
      {},
    ])
  }
  if (/timestamp|date/.test(type)) return '2026-01-01T00:00:00Z'
  return type === 'interval' ? '1 minute' : 'a'
}

/** Ways to become another user through what sign-in lets users say about themselves. */
function signInOf(dice: Dice): Asked {
  const claims = { workspaces: { [theirs]: 'admin' } }
  const body = { data: claims, app_metadata: claims, user_metadata: claims, role: 'service_role' }
  const [method, target]: [string, string] = dice.pick([
    ['PUT', '/auth/v1/user'],
    ['PATCH', '/auth/v1/user'],
    ['GET', '/auth/v1/admin/users'],
    ['POST', '/auth/v1/admin/users'],
    ['PUT', '/auth/v1/admin/users/00000000-0000-4000-8000-000000000002'],
    ['GET', '/auth/v1/user'],
    ['POST', '/graphql/v1'],
    ['GET', '/storage/v1/bucket'],
    ['GET', '/rest/v1/'],
    ['GET', '/auth/v1/settings'],
  ])
  return {
    route: target,
    method,
    target,
    headers: [['Content-Type', 'application/json']],
    body:
      method === 'GET'
        ? null
        : target === '/graphql/v1'
          ? { query: '{ contactsCollection { edges { node { name } } } }' }
          : body,
  }
}
