import type postgres from 'postgres'
import { z } from 'zod'
import type { Database } from '../../origin/database/database.ts'
import { createQuery } from '../../origin/database/query.ts'
import { settingsFrom } from '../../origin/database/stored-settings.ts'
import { loaderNamed } from '../../origin/loaders/index.ts'
import { userIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import { cacheSettings } from '../../shared/resources/workspace/cache-settings.ts'
import { ok } from '../../shared/result.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { membershipTags } from '../../shared/tags/tags.ts'
import type { PutQuestion } from './questions.ts'
import { type Catalog, type Scans, scannedBetween, scansIn } from './touched.ts'
import { userIds, workspaceIds } from './world.ts'

/** Something whose answer is cached: how it is read from the database, and what its entry depends on. */
export interface Probe {
  readonly label: string
  readonly workspaceId: string
  readonly kind: string
  readonly role: 'authenticated' | 'service_role'
  readonly claims: postgres.JSONValue
  /** The bytes of an entry. An absence is one too. */
  load(database: Database): Promise<Uint8Array>
  /** Whether these bytes are kept in an entry. */
  isCached(body: Uint8Array): boolean
  tagsOf(body: Uint8Array): readonly Tag[]
  /** The part that only writes change, by the declaration; null if the declaration says that time changes all of it. */
  readonly comparable: ((body: Uint8Array) => string) | null
  readonly put: PutQuestion | null
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const bytesOf = (value: unknown) => encoder.encode(JSON.stringify(value))

/** By the claims of their tokens, so that no write to the memberships takes away who reads. */
const workspacesClaimed = Object.fromEntries(workspaceIds.map((id) => [id, 'admin']))

/** A question of a resource, answered by the origin's own loader; the settings as the origin's route answers them. */
export function probeOf(put: PutQuestion): Probe {
  const { label, workspaceId, question, owner, caller } = put
  const { resource } = question
  const bare = (body: Uint8Array) => [absence, refusal].find((text) => text === decoder.decode(body))
  const { comparable } = question
  return {
    ...{ label, workspaceId, put, kind: resource.name },
    role: caller === 'service' ? 'service_role' : 'authenticated',
    // The backend's key names no user, so an answer that it reads of a user must not follow from the token.
    claims: {
      sub: caller === 'service' ? null : (owner ?? 'reader'),
      app_metadata: { workspaces: workspacesClaimed },
    },
    isCached: (body) => bare(body) !== refusal,
    tagsOf: (body) => [
      ...question.tagsFor(owner),
      ...(bare(body) === undefined ? question.embeddedTags(body) : []),
    ],
    comparable: comparable === null ? null : (body) => bare(body) ?? comparable(body),
    async load(database) {
      const query = createQuery(database, null, AbortSignal.timeout(30_000))
      const loaded =
        resource.name === cacheSettings.name
          ? await readSettings(query, workspaceId)
          : await preparedLoad(question)({ workspaceId, userId: owner, query, noteUnfit: () => undefined })
      if (loaded.ok) return bytesOf(loaded.value)
      if (loaded.error.kind === 'not_found') return encoder.encode(absence)
      if (loaded.error.kind === 'invalid_parameter') return encoder.encode(refusal)
      throw new Error(`${label}: ${JSON.stringify(loaded.error)}`)
    },
  }
}

const absence = '"there is none"'
/** A parameter that is not valid in this workspace, such as a local number of another country. That is not cached. */
const refusal = '"there is no such question"'

function preparedLoad({ resource, params }: PutQuestion['question']) {
  const prepared = loaderNamed(resource.name)?.prepare(params)
  if (prepared?.ok !== true) throw new Error(`the origin has no loader that takes this of ${resource.name}`)
  return prepared.value.load
}

async function readSettings(query: ReturnType<typeof createQuery>, workspaceId: string) {
  const read = await query(z.object({ settings: z.unknown() }), 'cache_settings_read', {
    p_workspace: workspaceId,
  })
  return read.ok ? ok(settingsFrom(read.value.settings)) : read
}

/** The role of a user in a workspace. It is not a resource, but it is remembered under tags like one. */
export function membershipProbes(): Probe[] {
  return workspaceIds.flatMap((workspaceId) =>
    userIds.map((id): Probe => {
      const tags = membershipTags(userIdSchema.parse(id))
      return {
        ...{ label: `the membership of ${id} in ${workspaceId}`, kind: 'membership', put: null },
        workspaceId: workspaceIdSchema.parse(workspaceId),
        ...{ role: 'authenticated', claims: { sub: id }, comparable: null },
        isCached: () => true,
        tagsOf: () => tags,
        async load(database) {
          const args = { p_workspace: workspaceId }
          const called = await database.callRpc(
            'workspace_membership',
            args,
            null,
            AbortSignal.timeout(30_000),
          )
          if (!called.ok) throw new Error(`the membership of ${id}: ${called.error.kind}`)
          return bytesOf(called.value)
        },
      }
    }),
  )
}

/** An answer, and the tables that were scanned for it. */
export interface Answered {
  readonly body: Uint8Array
  readonly reads: ReadonlySet<number>
}

/** The answers of probes, in their order, within one transaction and so at one instant: `now()` stands still. */
export async function answersOf(
  sql: postgres.TransactionSql,
  catalog: Catalog,
  probes: readonly Probe[],
): Promise<Answered[]> {
  const answers: Answered[] = new Array<Answered>(probes.length)
  const counter = { scans: await scansIn(sql, catalog) }
  const callers = Map.groupBy(probes.entries(), ([, { role, claims }]) => JSON.stringify([role, claims]))
  for (const entries of callers.values()) {
    const [first] = entries
    if (first === undefined) continue
    const [, { role, claims }] = first
    await sql`select set_config('role', ${role}, true), set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`
    // The connection takes one after the other; that none is awaited before the next is sent saves the waiting.
    await Promise.all(
      entries.map(async ([place, probe]) => {
        const reads = new Set<number>()
        const body = await probe.load(databaseIn(sql, catalog, counter, reads))
        answers[place] = { body, reads }
      }),
    )
  }
  await sql`select set_config('role', 'none', true), set_config('request.jwt.claims', '', true)`
  return answers
}

/** The values that loaders give to functions of the database. */
const argumentSchema = z.union([z.string(), z.number(), z.null(), z.array(z.string())])

/** The database as the origin's loaders have it, over a connection of the test. Adds the tables that are scanned to `reads`. */
function databaseIn(
  sql: postgres.TransactionSql,
  catalog: Catalog,
  counter: { scans: Scans },
  reads: Set<number>,
): Database {
  return {
    async callRpc(name, args) {
      const names = Object.keys(args)
      const list = names.map((arg, index) => `${arg} => $${index + 1}`).join(', ')
      const values = names.map((arg) => argumentSchema.parse(args[arg]))
      // A query is sent when it is awaited or executed, and the scans have to be counted after it.
      const called = sql
        .unsafe(`select public.${name}(${list}) as answer`, values, { prepare: true })
        .execute()
      const [[row], scans] = await Promise.all([called, scansIn(sql, catalog)])
      for (const table of scannedBetween(catalog, counter.scans, scans)) reads.add(table)
      counter.scans = scans
      return ok(row?.['answer'])
    },
    probe: async () => true,
  }
}
