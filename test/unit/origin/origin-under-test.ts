import pino from 'pino'
import { createApp } from '../../../origin/app.ts'
import type { RateLimitSettings } from '../../../origin/auth/rate-limits.ts'
import type { Database } from '../../../origin/database/database.ts'
import type { LackingFunctions } from '../../../origin/database/lacking-functions.ts'
import type { Files } from '../../../origin/files/files-of.ts'
import type { Relay } from '../../../origin/outbox/relay.ts'
import type { QueueBackend } from '../../../origin/queues/backend.ts'
import type { Bearer } from '../../../shared/auth/bearer.ts'
import { createBearer } from '../../../shared/auth/bearer.ts'
import type { Role, WorkspaceId } from '../../../shared/ids.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { makeToken, secretSigner } from '../../support/token-cases.ts'

export const internalAuthKey = 'an internal key of the tests'
export const issuer = 'https://issuer.example.com/auth/v1'
export const jwtSecret = 'a secret of the tests, long enough for HS256'
/** The start of the tests' clocks. Tokens are valid from then on, for longer than any test. */
export const nowMs = 1_750_000_000_000

/** A user's token. Without workspaces the memberships of the database decide. */
export async function tokenOf(sub: string, workspaces: Record<string, Role> | null = null): Promise<string> {
  return makeToken(
    { name: 'a good one', refusal: null },
    {
      issuer,
      audience: 'authenticated',
      nowSeconds: nowMs / 1_000,
      signer: await secretSigner(jwtSecret),
      claims: { sub, exp: 4_000_000_000, app_metadata: workspaces === null ? {} : { workspaces } },
    },
  )
}

export function createTestBearer(clock = createFakeClock(nowMs)): Bearer {
  return createBearer({
    issuer,
    audience: 'authenticated',
    jwtSecret,
    jwksUrl: null,
    unknownKey: 'auth_unavailable',
    clock,
    fetch: () => Promise.reject(new Error('there are no public keys')),
  })
}

/** Members of the workspace 15213 by their tokens. */
export const alice = await tokenOf('alice', { '15213': 'admin' })
export const bob = await tokenOf('bob', { '15213': 'member' })

/** Tokens that are verified once for all tests, so that no test's clock has to wait for a signature. */
const bearer = createTestBearer()
for (const token of [alice, bob]) await bearer.authenticateToken(token)

interface Options {
  readonly database: Database
  readonly lacking?: LackingFunctions
  readonly clock?: FakeClock
  readonly relay?: Relay
  readonly files?: Files
  readonly queueBackend?: QueueBackend
  readonly operatorsWorkspaceId?: WorkspaceId
  readonly board?: { readonly username: string; readonly password: string }
  readonly bearer?: Bearer
  readonly rateLimits?: RateLimitSettings
  readonly queriesAtOnceMax?: number
  readonly queriesWaitingMax?: number
  readonly queryDeadlineMs?: number
}

const noFiles: Files = { store: null, served: null }

/** The whole app over the test's database, and the lines that it logged. */
export function createOrigin(options: Options) {
  const {
    database,
    lacking = new Set(),
    relay = null,
    files = noFiles,
    queueBackend = null,
    clock = createFakeClock(nowMs),
    bearer: ownBearer,
    ...bounds
  } = options
  const logged: string[] = []
  const app = createApp({
    marker: null,
    config: {
      internalAuthKey,
      rateLimits: { userMax: 0, workspaceMax: 0, windowSeconds: 60 },
      queriesAtOnceMax: 32,
      queriesWaitingMax: 256,
      queryDeadlineMs: 8_000,
      operatorsWorkspaceId: null,
      environment: 'test',
      board: null,
      ...bounds,
    },
    bearer: ownBearer ?? bearer,
    database,
    lacking,
    relay,
    files,
    queueBackend,
    clock,
    logger: pino({ level: 'trace' }, { write: (line) => void logged.push(line) }),
  })
  const request = (path: string, init: RequestInit = {}, token: string | null = alice) =>
    Promise.resolve(app.request(path, { ...init, headers: { ...headersWith(token), ...init.headers } }))
  return {
    app,
    clock,
    logged,
    request,
    post: (path: string, body: unknown, token: string | null = alice) =>
      request(path, { method: 'POST', body: JSON.stringify(body) }, token),
    loadList: (overrides: Partial<typeof loadOfList> = {}, token: string | null = alice) =>
      request('/load/contact-list', listInit(overrides), token),
  }
}

export function headersWith(token: string | null): Record<string, string> {
  return {
    Authorization: `Bearer ${internalAuthKey}`,
    ...(token === null ? {} : { 'X-Caller-Token': token }),
  }
}

export function listInit(overrides: Partial<typeof loadOfList> = {}): RequestInit {
  return { method: 'POST', body: JSON.stringify({ ...loadOfList, ...overrides }) }
}

/** The request of the Worker for the first page of a board. */
export const listParams = {
  boardId: 'board_123',
  columnId: null as string | null,
  filter: 'all',
  search: null as string | null,
  sortBy: 'created_at',
  sortOrder: 'desc',
  perPage: 50,
  page: 1,
  cursor: null as string | null,
}

export const loadOfList = {
  workspaceId: '15213',
  userId: null as string | null,
  version: 'l:1',
  params: listParams as unknown,
}

/** The status and the body of a response. */
export async function read(response: Response): Promise<{ status: number; body: unknown }> {
  return { status: response.status, body: await response.json() }
}
