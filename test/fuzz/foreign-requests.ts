import type { Dice } from '../support/dice.ts'
import { ours, refusedAttackers, refusedByOurs, theirs, verifiedAttackers } from './foreign-tokens.ts'
import type { Loot } from './foreign-world.ts'
import { type Known, sampleOf } from './json-samples.ts'
import { inUrl } from './junk.ts'
import { bytesOf, type RequestCase, type Segment } from './request-case.ts'
import { pickEvenly, type Target } from './targets.ts'

/**
 * Ways to name the other workspace that one part of a system might read as the other workspace and another part as
 * the caller's own.
 */
const waysToTheirs = [
  ...[theirs, theirs, theirs, theirs, ` ${theirs}`, `${theirs} `, `${theirs}\t`, `0${theirs}`, `+${theirs}`],
  ...[`${ours}, ${theirs}`, `${theirs}, ${ours}`, `${ours},${theirs}`, `${theirs};${ours}`, `["${theirs}"]`],
  ...[
    `${theirs}.0`,
    `${theirs}\u200b`,
    '١٥٢١٤',
    '１５２１４',
    '*',
    `${theirs}%00`,
    `${theirs}#`,
    `"${theirs}"`,
  ],
]

/** The values of a route about work in the background: the names of what the other workspace has. */
function workKnown({ path }: Target, { work }: Loot): Known {
  if (path.startsWith('/api/v1/queues')) {
    const jobId = ['theirs', ...work.jobIds]
    return {
      id: work.jobIds,
      jobId,
      queue: ['messages', 'messages', 'messages', 'messages', 'exports', 'webhooks'],
    }
  }
  if (path.startsWith('/api/v1/exports')) return { id: work.exportIds }
  if (path.startsWith('/api/v1/imports')) return { id: work.importIds }
  if (path.startsWith('/api/v1/notifications')) return { ids: work.notificationIds }
  if (path.startsWith('/api/v1/webhook-endpoints'))
    return { id: work.endpointIds, deliveryId: work.deliveryIds }
  if (!path.startsWith('/files')) return {}
  return { folder: work.files.map(({ folder }) => folder), file: work.files.map(({ file }) => file) }
}

export function foreignKnown(loot: Loot, dice: Dice): Known {
  const workspaces = [theirs, theirs, theirs, ours, dice.pick(waysToTheirs)]
  return {
    workspaceId: workspaces,
    workspace_id: workspaces,
    boardId: ['board_214', 'board_1', 'board_123'],
    board_id: ['board_214', 'board_1', 'board_123'],
    columnId: ['col_1', 'col_11'],
    column_id: ['col_1', 'col_11'],
    board_column_id: ['col_1', 'col_11'],
    fromColumnId: ['col_1'],
    toColumnId: ['col_2'],
    contactId: loot.contactIds,
    id: loot.contactIds,
    cursor: loot.cursors,
    search: ['a', 'the', 'Ξ', 'sealed', '555', '@example'],
    userId: ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000003'],
    assigned_to: ['00000000-0000-4000-8000-000000000003'],
    page: ['1', '2'],
    per_page: ['100'],
    version: ['l:1', String(loot.version)],
    name: ['written by somebody else'],
    table: ['contacts'],
    schema: ['public'],
    tags: ['workspace', 'counts', 'board:board_214'],
  }
}

/** A request to a route of the Worker or of the origin for data of the other workspace. */
export function foreignCase(targets: readonly Target[], loot: Loot, dice: Dice, token: string): RequestCase {
  const guarded = targets.filter(({ isOpen }) => !isOpen)
  const target = pickEvenly(dice.happens(0.03) ? targets : guarded, dice)
  const known = { ...foreignKnown(loot, dice), ...target.values, ...workKnown(target, loot) }
  const isRead = target.side === 'worker' && Object.keys(target.query).length > 0
  const read = isRead && dice.happens(0.4) ? dice.pick(loot.reads) : null
  return {
    side: target.side,
    route: read?.route ?? target.path,
    method: dice.happens(0.95)
      ? target.method
      : dice.pick(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS']),
    target: read?.target ?? targetOf(target, known, dice),
    version: 'HTTP/1.1',
    headers: [
      ['Host', '{{host}}'],
      ...credentialsOf(target, token, dice),
      ...workspaceHeaders(dice),
      ...wishes(loot, dice),
      ['Content-Type', target.isLines ? 'application/x-ndjson' : 'application/json'],
      ['Connection', 'close'],
    ],
    body: bodyOf(target, known, dice),
    framing: { kind: 'length' },
    ending: 'answer',
    lineEnd: '\r\n',
    copies: 1,
    pieceBytes: null,
  }
}

/**
 * Nine of ten have a token that is accepted, because an attempt that ends at the token proves nothing about the code
 * behind it.
 */
const verifiedShare = 0.9

export function pickAttacker(dice: Dice, isOurs: boolean): string {
  if (dice.happens(verifiedShare)) return dice.pick(verifiedAttackers)
  return dice.pick<string>(isOurs ? [...refusedAttackers, ...refusedByOurs] : refusedAttackers)
}

function targetOf(target: Target, known: Known, dice: Dice): string {
  const path = target.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const isWorkspace = name === 'workspaceId' || (name === 'id' && target.path.startsWith('/workspaces'))
    const value = dice.pick(known[isWorkspace ? 'workspaceId' : name] ?? ['abc'])
    if (!isWorkspace || dice.happens(0.8)) return inUrl(value, { ...dice, between: () => 9 })
    // One part may decode once, another one twice, and a third may resolve dots.
    return dice.pick([
      '1521%34',
      '1521%2534',
      `${ours}/../${theirs}`,
      `${ours}%2f..%2f${theirs}`,
      `${theirs}%00`,
      `${ours};${theirs}`,
      `${ours}?${theirs}`,
    ])
  })
  const pairs = Object.entries(target.query).flatMap(([name, schema]) =>
    dice.happens(
      target.required.includes(name) ? 0.9 : name === 'cursor' && known['cursor']?.length !== 0 ? 0.3 : 0.2,
    )
      ? [`${name}=${inUrl(String(sampleOf(schema, dice, known, name)), { ...dice, between: () => 9 })}`]
      : [],
  )
  const usable = pairs.some((pair) => pair.startsWith('cursor='))
    ? pairs.filter((pair) => !pair.startsWith('page='))
    : pairs
  if (dice.happens(0.08))
    usable.push(dice.pick([`workspaceId=${theirs}`, `workspace_id=${theirs}`, `p_workspace=${theirs}`]))
  return usable.length === 0 ? path : `${path}?${usable.join('&')}`
}

/** Keys that an attacker might guess. None of them is right. */
const guesses = [
  '',
  'undefined',
  'null',
  'internal',
  'secret',
  '{{publishable}}',
  'sb_secret_',
  '[object Object]',
]

/**
 * The origin's routes for the Worker are called with the Worker's key, for a caller that the Worker would have
 * refused, so that the database has to refuse them. The key without a caller belongs to the backend, which may see
 * everything, so no attacker has it.
 */
function credentialsOf(
  { side, takesTokens = false, isBoard = false, isForKey = false }: Target,
  token: string,
  dice: Dice,
): [string, string][] {
  const bearer: [string, string] = ['Authorization', `Bearer {{${token}}}`]
  const asCaller: [string, string] = ['X-Caller-Token', `{{${token}}}`]
  const guess: [string, string] = ['Authorization', `Bearer ${dice.pick(guesses)}`]
  const key: [string, string] = ['Authorization', 'Bearer {{key}}']
  // No attacker can sign in to the board, whose login is not that of a workspace.
  if (isBoard)
    return dice.happens(0.5)
      ? forgedSession(dice)
      : dice.pick([[bearer, ['Sec-Fetch-Site', 'same-origin']], [key], [asCaller]])
  // The key alone opens these, so that an attacker has to do without.
  if (isForKey) return dice.pick([[bearer, asCaller], [guess, asCaller], [asCaller], [bearer]])
  if (side === 'origin' && !takesTokens) {
    if (dice.happens(0.25)) return dice.pick([[bearer, asCaller], [guess, asCaller], [asCaller]])
    return [key, asCaller]
  }
  if (side === 'origin' && dice.happens(0.2)) return [key, asCaller]
  if (dice.happens(0.03)) return [guess]
  if (dice.happens(0.05)) return [bearer, asCaller]
  return dice.happens(0.02) ? [bearer, ['Authorization', 'Bearer {{theirForged}}']] : [bearer]
}

function forgedSession(dice: Dice): [string, string][] {
  // No two are alike, because the sign-out ends one of them.
  const nonce = `${dice.between(100_000, 999_999)}`
  const madeUp = `9999999999.${nonce.repeat(4)}.${'A'.repeat(43)}`
  const session = dice.pick([
    ...[`9999999999.${nonce}.b`, `9999999999.${nonce}.b`, '', '{{member}}'],
    ...[madeUp, madeUp],
  ])
  return [
    ['Cookie', `boardcache_board=${session}`],
    ['Sec-Fetch-Site', 'same-origin'],
  ]
}

function workspaceHeaders(dice: Dice): [string, string][] {
  const name = () =>
    dice.pick(['X-Workspace-ID', 'X-Workspace-ID', 'x-workspace-id', 'X-WORKSPACE-ID', 'X_Workspace_ID'])
  const way = () => bytesOf(dice.pick(waysToTheirs))
  const kind = dice.between(1, 10)
  if (kind === 1) return []
  if (kind === 2)
    return [
      [name(), ours],
      [name(), theirs],
    ]
  if (kind === 3)
    return [
      [name(), theirs],
      [name(), ours],
    ]
  if (kind <= 4) return [['X-Workspace-ID', ours]]
  // Most are read as the other workspace. A header that nothing reads so proves nothing about the code behind.
  return [kind <= 8 ? ['X-Workspace-ID', theirs] : [name(), way()]]
}

/** Headers of a read that might bring an answer of the other workspace. */
function wishes(loot: Loot, dice: Dice): [string, string][] {
  const all: [string, string][] = [
    ['X-Explain', '1'],
    ['If-None-Match', dice.pick(loot.etags)],
    ['If-None-Match', loot.etags.join(', ')],
    ['X-Min-Version', String(loot.version)],
    ['Cache-Control', dice.pick(['no-cache', 'only-if-cached', 'max-stale', 'no-store', 'max-age=0'])],
    ['X-User-ID', '00000000-0000-4000-8000-000000000003'],
    ['X-Forwarded-For', '127.0.0.1'],
    ['X-HTTP-Method-Override', 'GET'],
    ['Accept', 'text/plain'],
    ['Last-Event-ID', '1'],
    ['Origin', 'http://localhost:3000'],
  ]
  return all.filter(() => dice.happens(0.12))
}

function bodyOf(target: Target, known: Known, dice: Dice): Segment[] | null {
  if (target.bodies.length === 0) return null
  const lines = target.isLines ? dice.between(1, 4) : 1
  const texts = Array.from({ length: lines }, () => {
    const value = sampleOf(dice.pick(target.bodies), dice, known)
    const text = JSON.stringify(value)
    if (typeof value !== 'object' || value === null || !dice.happens(0.15)) return text
    // Named twice, or in a place that the schema does not have.
    return dice.pick([
      `${text.slice(0, -1)},"workspaceId":"${theirs}"}`,
      `{"workspaceId":"${theirs}",${text.slice(1)}`,
      JSON.stringify({ ...value, workspace_id: theirs }),
      JSON.stringify({ ...value, workspaceId: [theirs] }),
      JSON.stringify({ ...value, __proto__: { workspaceId: theirs } }),
    ])
  })
  return [[bytesOf(texts.join('\n')), 1]]
}
