import { invalidationEventSchema } from '../../shared/contract/invalidation.ts'
import type { CacheSettings } from '../../shared/contract/settings.ts'
import { defaultCacheSettings } from '../../shared/contract/settings.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { userIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../shared/resources/contacts/contact-list.ts'
import type { Question } from '../../shared/resources/question.ts'
import { err, ok } from '../../shared/result.ts'
import { plainWish } from '../../worker/cache/wish.ts'
import { concernOf } from '../../worker/ledger/concerns.ts'
import { invalidate } from '../../worker/ledger/invalidate.ts'
import type { LedgerStub } from '../../worker/ledger/ledger-client.ts'
import { createIsolate, type Isolate, type Setup, type SimulatedOrigin } from '../simulation/isolate.ts'
import { createLedgers } from '../simulation/ledgers.ts'
import { createViewCaches } from '../simulation/view-caches.ts'
import type { Design, Operations } from './hitrate-designs.ts'
import { filters, type TracedWrite, type View } from './hitrate-trace.ts'
import { type Ground, locationOf, locations } from './hitrate-world.ts'

const isolatesALocation = 3
const pagesMax = 20

/**
 * The product with its defaults. Bodies have a hundredth of the real size of 20 kB, so an isolate's memory is set to
 * as many entries as 16 MiB hold of real ones.
 */
const setup: Setup = {
  boundMs: 1_000,
  staleIfErrorSeconds: 86_400,
  memoryBytes: 800 * 1_100,
  hasEdgeCache: true,
  hasRedis: true,
  hasSharedViews: true,
  hasMarks: false,
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()
const recorder = { record() {} }
const ignore = () => {}
const workspaceIdOf = (workspace: number) => workspaceIdSchema.parse(`w${workspace}`)
const userIdOf = (user: number) => userIdSchema.parse(`u${user}`)

/** Production's read path and ledger, unmodified, in three isolates at each location. */
export function createBoardcache(ground: Ground): Design {
  const { dice, operations, reports } = ground
  const isolates = createIsolates(ground)
  const isolateAt = (location: string): Isolate => dice.pick(isolates.get(location) ?? [])
  const questionOf = createQuestions()
  let reported = 0

  return {
    name: 'Boardcache',
    operations,
    async read(read) {
      operations.requests += 1
      const userId = userIdOf(read.user)
      const answered = await isolateAt(locationOf(read)).answer({
        question: questionOf(read.view),
        wish: plainWish,
        workspaceId: workspaceIdOf(read.workspace),
        caller: { kind: 'member', userId, token: '', requestId: '', keepAlive: ignore },
      })
      if (!answered.ok) return err(answered.error.code)
      const { entry, source, doubt } = answered.value
      return ok({ changes: changesIn(entry.body), isCached: source !== 'database', isProven: doubt === null })
    },
    async report(write) {
      operations.requests += 1
      reported += 1
      const event = { ...concernOf(eventOf(write)), eventId: `${reported}` }
      const events = new Map([[workspaceIdOf(write.workspace), [event]]])
      await reports.cross(() => invalidate(isolateAt(locations[0]).ledger, recorder, events))
    },
  }
}

function createIsolates(ground: Ground): ReadonlyMap<string, readonly Isolate[]> {
  const { scheduler, dice, tiers, operations, usualWay } = ground
  const ledgers = createLedgers({
    ...{ scheduler, dice, locations, usualWay, written: ignore },
    bounds: { eventIdsMax: 10_000, logRowsMax: 10_000, batchesPerSnapshot: 1_000 },
  })
  const viewCaches = createViewCaches(scheduler, dice, locations)
  const origin = originOf(ground)
  const isolatesAt = (location: string) =>
    Array.from({ length: isolatesALocation }, (_, index) =>
      createIsolate(`${location}${index}`, location, 0, {
        ...{ setup, tiers, origin, world: scheduler, random: dice.random },
        viewCache: viewCaches.at(location),
        ledgerStub: (workspaceId) => countedStub(ledgers.stubAt(location)(workspaceId), operations),
        primary: locations[0],
        sawPut: ignore,
        sawRedisRead: ignore,
      }),
    )
  return new Map(locations.map((location) => [location, isolatesAt(location)]))
}

/**
 * Counts a call and the rows that it touches: a write is one row of the log, and a `since` to an awake ledger reads
 * none.
 */
function countedStub(stub: LedgerStub, operations: Operations): LedgerStub {
  return {
    async since(ledgerId, version) {
      operations.ledgerCalls += 1
      return stub.since(ledgerId, version)
    },
    async advance(events) {
      operations.ledgerCalls += 1
      operations.ledgerRowsWritten += 1
      return stub.advance(events)
    },
  }
}

function originOf({ load, operations }: Ground): SimulatedOrigin {
  return {
    async load(question, { workspaceId, userId }) {
      const view = viewOf(question, userId)
      const changes = await load(Number(workspaceId.slice(1)), view)
      const rest =
        view.board === null
          ? contactCounts.example.data
          : { pagination: { next_cursor: view.page < pagesMax ? 'more' : null } }
      return encoder.encode(JSON.stringify({ changes, ...rest }))
    },
    async settings(_workspaceId: WorkspaceId): Promise<CacheSettings> {
      operations.originQueries += 1
      return defaultCacheSettings
    },
    isMember: async () => true,
  }
}

const changes = /^\{"changes":(\d+)/

function changesIn(body: Uint8Array): number {
  const [, digits] = changes.exec(decoder.decode(body)) ?? []
  return Number(digits)
}

/** Production's question for a view, made once. */
function createQuestions(): (view: View) => Question {
  const made = new Map<string, Question>()
  return (view) => {
    const { board, column, filter, page } = view
    const name = `${board} ${column} ${filter} ${page}`
    const known = made.get(name)
    if (known !== undefined) return known
    const asked =
      board === null
        ? contactCounts.parse({ workspaceId: workspaceIdOf(0) }, {})
        : contactList.parse(
            { boardId: `b${board}` },
            {
              ...{ page: String(page), filter: filters[filter]?.name },
              ...(column === null ? {} : { column_id: `c${column}` }),
            },
          )
    if (!asked.ok) throw new Error(`production refuses ${name}`)
    made.set(name, asked.value)
    return asked.value
  }
}

/** The view that a load is for. */
function viewOf({ resource, params }: Pick<Question, 'resource' | 'params'>, userId: string | null): View {
  const user = userId === null ? null : Number(userId.slice(1))
  if (resource.name === contactCounts.name) return { board: null, column: null, filter: 0, page: 1, user }
  const { boardId, columnId, filter, page } = contactList.params.parse(params)
  return {
    board: Number(boardId.slice(1)),
    column: columnId === null ? null : Number(columnId.slice(1)),
    filter: filters.findIndex(({ name }) => name === filter),
    page,
    user,
  }
}

const actions = {
  update: 'contact_updated',
  'change-status': 'contact_updated',
  create: 'contact_created',
  move: 'contact_moved',
  delete: 'contact_deleted',
} as const

/** The event that the CRM's backend sends for a write (SPEC 4). */
function eventOf({ action, board, column, toColumn }: TracedWrite) {
  const place =
    action === 'move'
      ? { fromColumnId: `c${column}`, toColumnId: `c${toColumn}` }
      : { columnId: `c${column}` }
  return invalidationEventSchema.parse({ action: actions[action], boardId: `b${board}`, ...place })
}
