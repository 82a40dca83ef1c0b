import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import { z } from 'zod'
import { readLocalState, writeLocalState } from '../../origin/local/local-state.ts'
import { type Stack, startStack } from '../../origin/local/stack.ts'
import { type ApiClient, ask, createApiClient } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { placeDatabase } from '../support/made-databases.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { drillRegion } from './region-drill.ts'

/*
 * The drills of a loss (worker/runbook.md, "After a loss"), on a local stack: a part loses everything that it keeps, a contact is
 * changed while it is away, and what the page says is done. A drill holds if readers see the change afterwards, and later writes too, and
 * the deployment says that it is healthy. A restored database is proved by marks.test.ts.
 */

const content = { contacts: 500, seed: 1, livelyContacts: null }
const patience = { deadlineMs: 60_000 }

/** A local stack whose folder outlives it, so that it can be started again on what a loss has left. */
export interface Ground {
  readonly folder: string
  stack(): Stack
  restart(): Promise<void>
  close(): Promise<void>
}

export async function openGround(): Promise<Ground> {
  const folder = await makeDataDirectory()
  await placeDatabase(folder, content)
  const start = () =>
    startStack({
      dataDirectory: folder,
      port: 0,
      ...content,
      isFresh: false,
      hasRedis: true,
      external: { databaseUrl: null, redis: null, supabase: null },
      workerVariables: { CONSISTENCY_SAMPLE_RATE: '0', LOCAL_STACK: 'false' },
      onProgress: () => undefined,
      onNotice: () => undefined,
    })
  let stack = await start()
  return {
    folder,
    stack: () => stack,
    async restart() {
      await stack.stop()
      stack = await start()
    },
    async close() {
      await stack.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

type Drill = (ground: Ground) => Promise<void>

export const drills: Readonly<Record<'kv' | 'ledgers' | 'redis' | 'keys' | 'region', Drill>> = {
  kv: (ground) => loseOfWorker(ground, (name) => name === 'kv'),
  ledgers: (ground) => loseOfWorker(ground, (name) => name === 'do'),
  // On a stack of its own, with two regions.
  region: () => drillRegion(),

  async redis(ground) {
    const { redis } = ground.stack()
    if (redis === null) throw new Error('the stack has no Redis')
    const id = await warm(ground)
    await redis.store.kill()
    await rm(join(ground.folder, 'redis'), { recursive: true, force: true })
    await rename(ground, id, 'Renamed without Redis')
    await ground.restart()
    await holds(ground, id, 'Renamed without Redis')
  },

  async keys(ground) {
    const id = await warm(ground)
    const before = ground.stack().file.internalAuthKey
    const state = await readLocalState(ground.folder)
    await rename(ground, id, 'Renamed before the keys')
    const internalAuthKey = `${before.split('').toReversed().join('')}-new`
    await writeLocalState(ground.folder, { ...state, internalAuthKey })
    await ground.restart()
    const { worker } = ground.stack().file
    const statusWith = async (key: string) =>
      (await ask(`${worker}/api/admin/redis`, { headers: { Authorization: `Bearer ${key}` } })).status
    const statuses = [await statusWith(before), await statusWith(internalAuthKey)]
    if (statuses.join() !== '401,200') throw new Error(`the old key and the new one are answered ${statuses}`)
    await holds(ground, id, 'Renamed before the keys')
  },
}

/** Removes what the Worker keeps in folders of these names while it is stopped, and a contact changes meanwhile. */
async function loseOfWorker(ground: Ground, isLost: (name: string) => boolean): Promise<void> {
  const id = await warm(ground)
  const { worker } = ground.stack()
  await worker.stop()
  const kept = join(ground.folder, 'worker')
  const lost = (await readdir(kept)).filter(isLost)
  if (lost.length === 0) throw new Error(`nothing to lose in ${await readdir(kept)}`)
  for (const name of lost) await rm(join(kept, name), { recursive: true })
  await rename(ground, id, 'Renamed meanwhile')
  await worker.start()
  await holds(ground, id, 'Renamed meanwhile')
}

const apiOf = ({ stack }: Ground): ApiClient => {
  const { worker, tokens } = stack().file
  return createApiClient(worker, { token: tokens.admin, workspaceId: '15213' })
}

/** The first contact of a page, which every tier then has. */
async function firstContact(ground: Ground): Promise<{ id: string; name: string }> {
  const { contacts } = await apiOf(ground).page('board_123', 'per_page=1')
  const [first] = contacts
  if (first === undefined) throw new Error('the board is empty')
  return first
}

/** Reads a page until it is cached. Answers the id of its contact. */
async function warm(ground: Ground): Promise<string> {
  const { id } = await firstContact(ground)
  const isHit = async () => (await apiOf(ground).page('board_123', 'per_page=1'))._cache.status === 'HIT'
  await eventually(isHit, patience)
  return id
}

async function rename(ground: Ground, id: string, name: string): Promise<void> {
  const { url } = ground.stack().postgres ?? {}
  if (url === undefined) throw new Error('the stack has no Postgres')
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    await sql`update contacts set name = ${name} where workspace_id = '15213' and id = ${id}`
  } finally {
    await sql.end({ timeout: 5 })
  }
}

const healthSchema = z.object({ status: z.string() })

/** Throws unless the change is seen, later writes too, and all parts answer. */
async function holds(ground: Ground, id: string, name: string): Promise<void> {
  const isSeen = (wanted: string) =>
    eventually(async () => (await firstContact(ground)).name === wanted, patience)
  await isSeen(name)
  const later = `${name}, and again`
  await rename(ground, id, later)
  await isSeen(later)
  await eventually(async () => {
    const { text } = await ask(`${ground.stack().file.worker}/health`)
    return healthSchema.parse(JSON.parse(text)).status === 'healthy'
  }, patience)
}
