import { rm } from 'node:fs/promises'
import postgres from 'postgres'
import { z } from 'zod'
import { type Stack, startStack } from '../../origin/local/stack.ts'
import { type ApiClient, ask, createApiClient } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { placeDatabase } from '../support/made-databases.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { type DebianPostgres, debianPrograms, startDebianPostgres } from './debian-postgres.ts'
import { has } from './runbook-commands.ts'

const content = { contacts: 500, seed: 1, livelyContacts: null }
export const patience = { deadlineMs: 60_000 }

/** A local stack whose folder outlives it, so that it can be started again on what a loss has left. */
export interface Ground {
  readonly folder: string
  readonly sql: postgres.Sql
  /** Where pg_dump and pg_restore of the database's version are; null if the machine has none. */
  readonly programs: string | null
  stack(): Stack
  restart(): Promise<void>
  close(): Promise<void>
}

/** On Debian's Postgres if the machine has it, because the drill of a restored database needs its programs. */
export async function openGround(): Promise<Ground> {
  const folder = await makeDataDirectory()
  const programs = has('jq') ? debianPrograms() : null
  let database: DebianPostgres | null = null
  if (programs === null) await placeDatabase(folder, content)
  else database = await startDebianPostgres(programs, folder)
  const start = () =>
    startStack({
      dataDirectory: folder,
      port: 0,
      ...content,
      isFresh: false,
      hasRedis: true,
      external: { databaseUrl: database?.url ?? null, redis: null, supabase: null },
      workerVariables: { CONSISTENCY_SAMPLE_RATE: '0', LOCAL_STACK: 'false' },
      onProgress: () => undefined,
      onNotice: () => undefined,
    })
  let stack = await start().catch(async (error: unknown) => {
    await database?.stop()
    throw error
  })
  const sql = postgres(stack.file.postgres ?? '', { max: 1, onnotice: () => undefined })
  return {
    folder,
    sql,
    programs,
    stack: () => stack,
    async restart() {
      await stack.stop()
      stack = await start()
    },
    async close() {
      await sql.end({ timeout: 5 })
      await stack.stop()
      await database?.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const apiOf = ({ stack }: Ground): ApiClient => {
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
export async function warm(ground: Ground): Promise<string> {
  const { id } = await firstContact(ground)
  const isHit = async () => (await apiOf(ground).page('board_123', 'per_page=1'))._cache.status === 'HIT'
  await eventually(isHit, patience)
  return id
}

export async function rename({ sql }: Ground, id: string, name: string): Promise<void> {
  await sql`update contacts set name = ${name} where workspace_id = '15213' and id = ${id}`
}

export async function isSeen(ground: Ground, name: string): Promise<void> {
  await eventually(async () => (await firstContact(ground)).name === name, patience)
}

const healthSchema = z.object({ status: z.string() })

/** Throws unless the change is seen, later writes too, and all parts answer. */
export async function holds(ground: Ground, id: string, name: string): Promise<void> {
  await isSeen(ground, name)
  const later = `${name}, and again`
  await rename(ground, id, later)
  await isSeen(ground, later)
  await eventually(async () => {
    const { text } = await ask(`${ground.stack().file.worker}/health`)
    return healthSchema.parse(JSON.parse(text)).status === 'healthy'
  }, patience)
}
