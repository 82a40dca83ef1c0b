import pino from 'pino'
import { createApp } from '../../../origin/app.ts'
import type { Relay } from '../../../origin/outbox/relay.ts'
import type { Database } from '../../../origin/supabase.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

export const internalAuthKey = 'an internal key of the tests'
export const alice = 'aaaa.alice.sig'
export const bob = 'bbbb.bob.sig'

interface Options {
  readonly database: Database
  readonly clock?: FakeClock
  readonly relay?: Relay
  readonly queriesAtOnceMax?: number
  readonly queriesWaitingMax?: number
  readonly queryDeadlineMs?: number
}

/** The whole app over a database of the test's, and the lines that it logged. */
export function createOrigin(options: Options) {
  const { database, relay = null, clock = createFakeClock(), ...bounds } = options
  const logged: string[] = []
  const app = createApp({
    config: {
      internalAuthKey,
      queriesAtOnceMax: 32,
      queriesWaitingMax: 256,
      queryDeadlineMs: 8_000,
      ...bounds,
    },
    database,
    relay,
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
    loadList: (asked: Partial<typeof loadOfList> = {}, token: string | null = alice) =>
      request('/load/contact-list', listInit(asked), token),
  }
}

export function headersWith(token: string | null): Record<string, string> {
  return {
    Authorization: `Bearer ${internalAuthKey}`,
    ...(token === null ? {} : { 'X-Caller-Token': token }),
  }
}

export function listInit(asked: Partial<typeof loadOfList> = {}): RequestInit {
  return { method: 'POST', body: JSON.stringify({ ...loadOfList, ...asked }) }
}

/** The first page of a board, as the Worker asks for it. */
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

/** Body and status at once. */
export async function read(response: Response): Promise<{ status: number; body: unknown }> {
  return { status: response.status, body: await response.json() }
}
