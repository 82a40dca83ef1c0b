import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { z } from 'zod'
import type { Stack } from '../../origin/local/stack.ts'
import { contactWrittenSchema } from '../../shared/contract/contacts.ts'
import { limits } from '../../shared/limits.ts'
import { type Answer, type ApiClient, ask, createApiClient } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import {
  placedWorker,
  prepareSecondRegion,
  type SecondRegion,
  startFirstRegion,
} from '../support/second-region.ts'

/*
 * The drill of a region that is away (worker/regions.md), on a local stack with two regions and callers near the second one. That region
 * loses its origin and its Redis, comes back with what it had, and then the first region loses its origin. A reader reads all the
 * time: no read may fail, and none may be older than a write that was acknowledged one staleness bound before it. Memory and the edge
 * cache are off, because they would answer in place of the regions.
 */

const patience = { deadlineMs: 60_000 }

interface World {
  readonly stack: Stack
  readonly near: SecondRegion
  readonly worker: string
  readonly api: ApiClient
  readonly contactId: string
  readonly reader: Reader
}

/** Does the whole drill. Rejects with what did not hold. */
export async function drillRegion(): Promise<void> {
  const near = await prepareSecondRegion()
  let home: Awaited<ReturnType<typeof startFirstRegion>> | null = null
  try {
    home = await startFirstRegion({
      workerEntry: placedWorker,
      workerVariables: {
        ...{ CONSISTENCY_SAMPLE_RATE: '0', LOCAL_STACK: 'false', LOG_LEVEL: 'warn' },
        ...{ MEMORY_CACHE_BYTES: '0', EDGE_CACHE_ENABLED: 'false', ...near.variables },
      },
    })
    await near.start(home.stack.file)
    await withReader(home.stack, near)
  } finally {
    await near.stop()
    await home?.stop()
  }
}

async function withReader(stack: Stack, near: SecondRegion): Promise<void> {
  const { worker, tokens } = stack.file
  const api = createApiClient(worker, { token: tokens.admin, workspaceId: '15213' })
  const [contact] = (await api.page('board_123', 'per_page=1')).contacts
  if (contact === undefined) throw new Error('the board is empty')
  const reader = startReader(api, contact.id)
  const world: World = { stack, near, worker, api, contactId: contact.id, reader }
  try {
    await loseTheNearRegion(world)
    await loseTheFirstRegion(world)
    await eventually(async () => (await healthOf(worker)).status === 'healthy', patience)
  } finally {
    await reader.stop()
  }
  reader.assertRight()
}

async function loseTheNearRegion(world: World): Promise<void> {
  const { near, worker } = world
  await change(world)
  await isUsed(world, 'near')
  await near.origin().kill()
  await near.redis.bridge.kill()
  for (let write = 0; write < 3; write += 1) await change(world)
  await isUsed(world, 'home')
  const { status, regions = [] } = await healthOf(worker)
  const parts = regions.map((region) => `${region.name}: ${region.origin}, ${region.redis}`).join('; ')
  if (status !== 'degraded' || !parts.includes('near: unhealthy, ')) throw new Error(`${status}, ${parts}`)
  // It comes back with entries from before these writes.
  await near.redis.bridge.start()
  await near.origin().start()
  await isUsed(world, 'near')
  await change(world)
}

/** Reads go on, and what is changed in the database is still told, by the relay of the other region. Only writes fail. */
async function loseTheFirstRegion({ stack, worker, api, contactId, reader }: World): Promise<void> {
  await stack.origin.kill()
  const refused = await patch(worker, api, contactId, 'Refused')
  if (![503, 504].includes(refused.status)) throw new Error(`a write was answered ${refused.status}`)
  const name = reader.nextName()
  await renameByHand(stack, contactId, name)
  await eventually(async () => (await nameNow(api, contactId)) === name, patience)
  await stack.origin.start()
  const isWritten = async () => (await patch(worker, api, contactId, reader.nextName())).status === 200
  await eventually(isWritten, { ...patience, everyMs: 200 })
}

/** Changes the contact through the Worker. Its writer reads the change next, and everybody one staleness bound later. */
async function change({ worker, api, contactId, reader }: World): Promise<void> {
  const name = reader.nextName()
  const written = await patch(worker, api, contactId, name)
  if (written.status !== 200) throw new Error(`${written.status}: ${written.text.slice(0, 300)}`)
  const { data } = z.object({ data: contactWrittenSchema }).parse(JSON.parse(written.text))
  if (data.version === null) throw new Error('the ledger did not answer')
  const own = await nameNow(api, contactId, { 'X-Min-Version': String(data.version) })
  if (own !== name) throw new Error(`after "${name}" its writer reads "${own}"`)
  reader.acknowledge(name)
}

function patch(worker: string, api: ApiClient, contactId: string, name: string): Promise<Answer> {
  return ask(`${worker}/api/contacts/${contactId}`, {
    method: 'PATCH',
    headers: { ...api.headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name }),
  })
}

async function renameByHand({ postgres: database }: Stack, contactId: string, name: string): Promise<void> {
  if (database === null) throw new Error('the stack has no Postgres')
  const sql = postgres(database.url, { max: 1, onnotice: () => undefined })
  try {
    await sql`update contacts set name = ${name} where workspace_id = '15213' and id = ${contactId}`
  } finally {
    await sql.end({ timeout: 5 })
  }
}

async function nameNow(api: ApiClient, contactId: string, headers = {}): Promise<string | undefined> {
  const { contacts } = await api.page('board_123', 'per_page=1', headers)
  return contacts.find(({ id }) => id === contactId)?.name
}

const healthSchema = z.object({
  status: z.string(),
  regions: z.array(z.object({ name: z.string(), origin: z.string(), redis: z.string() })).optional(),
})

async function healthOf(worker: string): Promise<z.output<typeof healthSchema>> {
  return healthSchema.parse(JSON.parse((await ask(`${worker}/health`)).text))
}

/** Waits until the reader's reads have used both parts of a region from now on. */
async function isUsed({ worker, stack }: World, region: string): Promise<void> {
  const headers = { Authorization: `Bearer ${stack.file.internalAuthKey}` }
  const countsOf = async () => {
    const { text } = await ask(`${worker}/metrics?format=prometheus`, { headers })
    return ['origin', 'redis'].map((part) => {
      const series = `boardcache_region_calls_total{region="${region}",part="${part}",outcome="used"} `
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(series))
          ?.slice(series.length) ?? 0,
      )
    })
  }
  const before = await countsOf()
  await eventually(
    async () => (await countsOf()).every((count, index) => count > (before[index] ?? 0)),
    patience,
  )
}

interface Reader {
  nextName(): string
  /** A read that begins one staleness bound after this must not answer an older name. */
  acknowledge(name: string): void
  stop(): Promise<void>
  /** Throws what the reads met that no read may meet. */
  assertRight(): void
}

/** Reads the contact all the time, and a page that nobody has read yet, which no tier has. */
function startReader(api: ApiClient, contactId: string): Reader {
  const faults: string[] = []
  const acknowledged: { readonly number: number; readonly fromMs: number }[] = []
  let named = 0
  let reads = 0
  let isStopped = false
  const numberOf = (name = '') => Number(/^Drill (\d+)$/.exec(name)?.[1] ?? 0)

  async function readOnce(): Promise<void> {
    const beganAtMs = performance.now()
    const due = acknowledged.filter(({ fromMs }) => fromMs <= beganAtMs).map(({ number }) => number)
    const name = await nameNow(api, contactId)
    const least = Math.max(0, ...due)
    if (numberOf(name) < least) faults.push(`"${name}" was read one staleness bound after "Drill ${least}"`)
    await api.page('board_123', `per_page=${2 + (reads % 99)}&page=${1 + Math.floor(reads / 99)}`)
    reads += 1
  }

  const reading = (async () => {
    while (!isStopped) {
      await readOnce().catch((error: unknown) => faults.push(String(error)))
      await pause(10)
    }
  })()
  return {
    nextName: () => `Drill ${++named}`,
    acknowledge: (name) =>
      acknowledged.push({
        number: numberOf(name),
        fromMs: performance.now() + limits.stalenessBoundDefaultMs,
      }),
    async stop() {
      isStopped = true
      await reading
    },
    assertRight() {
      if (faults.length > 0)
        throw new Error(`${faults.length} of ${reads} reads: ${faults.slice(0, 5).join('; ')}`)
    },
  }
}
