import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { z } from 'zod'
import { sharedOptions, workerOptions } from '../../origin/local/worker-process.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { type Clients, type DesignName, startClients } from './live-clients.ts'
import type { ViewerOptions } from './live-ground.ts'

export const watchedWorkspace = '15213'
/** Where the writes go that no hub has to send. */
export const unwatchedWorkspace = '15214'
/** The workspace whose ledger is called while others send. */
export const calledWorkspace = '15215'

const contacts = 20_000
/** A hub admits 32 sockets of one user. */
const users = 200
/** One viewer in so many decodes everything that it receives by itself. */
const decodingEvery = 50

const writtenPage = '/api/boards/board_123/contacts?page=1&per_page=50'
const counts = `/api/cache-settings/workspace/${watchedWorkspace}/counts`
/** The pages of ten viewers. Each viewer shows the counts too. */
const mixedPages = [
  ...Array.from({ length: 6 }, () => writtenPage),
  ...Array.from({ length: 2 }, () => '/api/boards/board_123/contacts?page=2&per_page=50'),
  '/api/boards/board_1/contacts?page=1&per_page=50',
  '/api/boards/board_2/contacts?page=1&per_page=50',
]

export type Counts = Readonly<Record<string, number>>

export interface LiveStack {
  readonly stack: TestStack
  readonly clients: Clients
  /** The contacts of the page that is written, in its order. */
  contactIds(workspaceId: string): Promise<readonly string[]>
  /** Opens viewers: of several pages, or all of the page that is written. */
  open(design: DesignName, viewers: number, pages: 'several' | 'one', spreadMs: number): Promise<Opened>
  /** The Worker's use since the last call, by name. */
  takeCounts(): Promise<Counts>
  /** How long a call of a ledger takes, measured outside. */
  callLedger(call: 'since' | 'advance'): Promise<number>
  stop(): Promise<void>
}

export interface Opened {
  readonly currentMs: readonly (number | null)[]
  /** How many of the viewers show the page that is written. */
  readonly watching: number
}

export async function startLiveStack(): Promise<LiveStack> {
  const dataDirectory = await makeDataDirectory()
  const pusher = new Miniflare(
    convertV4MiniflareOptions({
      ...sharedOptions(dataDirectory),
      ...(await workerOptions({ entry: entryOf('live-refetch'), variables: {} })),
      durableObjects: { PUSHERS: { className: 'Pusher', useSQLite: true } },
    }),
  )
  const clients = startClients()
  const pusherUrl = (await pusher.ready).origin
  const stack = await startTestStack({
    contacts,
    workerEntry: entryOf('live-designs'),
    workerVariables: {
      ...{ LOG_LEVEL: 'error', RATE_LIMIT_USER_MAX: '0', RATE_LIMIT_WORKSPACE_MAX: '0' },
    },
  })
  await stack.api().changeSettings({ features: { contactCounts: true, contactLists: true } })
  const tokens = await Promise.all(
    Array.from({ length: users }, (_, index) =>
      stack.tokenOf({
        userId: `00000000-0000-4000-9000-${String(index).padStart(12, '0')}`,
        workspaces: { [watchedWorkspace]: 'member' },
      }),
    ),
  )
  return {
    ...{ stack, clients, ...callsTo(stack) },
    async open(design, viewers, pages, spreadMs) {
      await fetch(`${stack.worker}/bench/pusher?url=${design === 'refetch' ? pusherUrl : ''}`)
      const all = Array.from({ length: viewers }, (_, index): ViewerOptions => {
        const page = pages === 'one' ? writtenPage : (mixedPages[index % mixedPages.length] ?? '')
        const token = tokens[index % tokens.length] ?? ''
        return { token, paths: [page, counts], isDecoding: index % decodingEvery === 0 }
      })
      const currentMs = await clients.open({
        ...{ design, viewers: all, spreadMs, worker: stack.worker, pusher: pusherUrl },
        workspaceId: watchedWorkspace,
      })
      return { currentMs, watching: all.filter(({ paths }) => paths.includes(writtenPage)).length }
    },
    async stop() {
      clients.stop()
      await stack.stop()
      await pusher.dispose()
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}

function callsTo({ worker, sql }: TestStack) {
  const get = (path: string) => fetch(`${worker}${path}`, { signal: AbortSignal.timeout(20_000) })
  return {
    async contactIds(workspaceId: string) {
      const boardId = workspaceId === watchedWorkspace ? 'board_123' : 'board_1'
      const rows = await sql`
        select id from contacts where workspace_id = ${workspaceId} and board_id = ${boardId}
        order by created_at desc, id desc limit 50`
      return z
        .array(z.object({ id: z.string() }))
        .parse([...rows])
        .map(({ id }) => id)
    },
    takeCounts: async (): Promise<Counts> =>
      z.record(z.string(), z.number()).parse(await (await get('/bench/counts')).json()),
    async callLedger(call: 'since' | 'advance') {
      const startedAtMs = performance.now()
      const answer = await get(`/bench/ledger?workspaceId=${calledWorkspace}&call=${call}`)
      await answer.text()
      if (answer.status !== 200) throw new Error(`live-stack.ts: ${answer.status} for ${call}`)
      return performance.now() - startedAtMs
    },
  }
}

function entryOf(name: string): string {
  return fileURLToPath(new URL(`workers/${name}.ts`, import.meta.url))
}
