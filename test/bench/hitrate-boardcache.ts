import type { CacheSettings } from '../../shared/contract/settings.ts'
import { defaultCacheSettings } from '../../shared/contract/settings.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { err, ok } from '../../shared/result.ts'
import { plainWish } from '../../worker/cache/wish.ts'
import type { LedgerStub } from '../../worker/ledger/ledger-client.ts'
import { createIsolate, type Isolate, type Setup, type SimulatedOrigin } from '../simulation/isolate.ts'
import { createLedgers, type LedgersMarks } from '../simulation/ledgers.ts'
import { createViewCaches } from '../simulation/view-caches.ts'
import type { Design, Spent } from './hitrate-designs.ts'
import { movesOf } from './hitrate-moves.ts'
import { cpuMs } from './hitrate-prices.ts'
import { createQuestions, userIdOf, viewOf, workspaceIdOf } from './hitrate-questions.ts'
import { createBenchRelay } from './hitrate-relay.ts'
import { type Ground, locationOf, locations, pageBytes } from './hitrate-world.ts'

const isolatesALocation = 3
const pagesMax = 20

/** The size in an isolate's memory of a page of this world, which names its contacts and has nothing else of them. */
const heldBytes = 1_800

/** The product with its defaults. An isolate's memory holds as many pages as 16 MiB hold of real ones. */
const setup: Setup = {
  hasRollouts: false,
  boundMs: 1_000,
  staleIfErrorSeconds: 86_400,
  memoryBytes: heldBytes * Math.floor(limits.memoryCacheBytesDefault / (pageBytes + heldBytes)),
  hasEdgeCache: true,
  hasRedis: true,
  hasSharedViews: true,
  hasMarks: true,
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()
const ignore = () => {}

/** Production's read path, ledgers and marks, unmodified, in three isolates at each location. */
export function createBoardcache(ground: Ground): Design {
  const { dice, spent } = ground
  const relay = createBenchRelay(ground)
  const isolates = createIsolates(ground, relay.marks)
  const isolateAt = (location: string): Isolate => dice.pick(isolates.get(location) ?? [])
  const questionOf = createQuestions()
  const usersOf = new Map<number, Set<number>>()

  return {
    name: 'Boardcache',
    async read(read) {
      spent.reads.requests += 1
      spent.reads.cpuMs += cpuMs.request
      usersOf.set(read.workspace, (usersOf.get(read.workspace) ?? new Set()).add(read.user))
      const userId = userIdOf(read.user)
      const answered = await isolateAt(locationOf(read)).answer({
        question: questionOf(read.view),
        wish: plainWish,
        workspaceId: workspaceIdOf(read.workspace),
        caller: { kind: 'member', userId, token: '', requestId: '', keepAlive: ignore },
      })
      if (!answered.ok) return err(answered.error.code)
      const { entry, source, doubt } = answered.value
      const query = source === 'database' ? entry : null
      return ok({ changes: changesIn(entry.body), query, isProven: doubt === null })
    },
    report(write) {
      const users = [...(usersOf.get(write.workspace) ?? [])]
      const workspaceId = workspaceIdOf(write.workspace)
      return relay.tell(
        workspaceId,
        movesOf(write, users, relay.areTold(workspaceId)),
        isolateAt(locations[0]),
      )
    },
  }
}

function createIsolates(ground: Ground, marks: LedgersMarks): ReadonlyMap<string, readonly Isolate[]> {
  const { scheduler, dice, tiers, spent, usualWay } = ground
  const ledgers = createLedgers({
    ...{ scheduler, dice, locations, usualWay, marks, written: ignore },
    bounds: { eventIdsMax: 10_000, logRowsMax: 10_000, batchesPerSnapshot: 1_000 },
  })
  const viewCaches = createViewCaches(scheduler, dice, locations)
  const origin = originOf(ground)
  const isolatesAt = (location: string) =>
    Array.from({ length: isolatesALocation }, (_, index) =>
      createIsolate(`${location}${index}`, location, 0, {
        ...{ setup, tiers, origin, world: scheduler, random: dice.random },
        viewCache: viewCaches.at(location),
        ledgerStub: (workspaceId) => countedStub(ledgers.stubAt(location)(workspaceId), spent),
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
function countedStub(stub: LedgerStub, { reads, writes }: Spent): LedgerStub {
  return {
    async since(ledgerId, version) {
      reads.objectCalls += 1
      return stub.since(ledgerId, version)
    },
    async advance(events, author) {
      writes.objectCalls += 1
      writes.objectRowsWritten += 1
      return stub.advance(events, author)
    },
  }
}

function originOf({ load, content, spent }: Ground): SimulatedOrigin {
  return {
    async load(question, { workspaceId, userId }) {
      const view = viewOf(question, userId)
      const workspace = Number(workspaceId.slice(1))
      const changes = await load(workspace, view)
      const contacts = content.contactsOf(workspace, view).map((id) => ({ id }))
      const rest =
        view.board === null
          ? contactCounts.example.data
          : { contacts, pagination: { next_cursor: view.page < pagesMax ? 'more' : null } }
      return encoder.encode(JSON.stringify({ changes, ...rest }))
    },
    async settings(_workspaceId: WorkspaceId): Promise<CacheSettings> {
      spent.reads.originQueries += 1
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
