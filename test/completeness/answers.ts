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
  const isAbsent = (body: Uint8Array) => decoder.decode(body) === absence
  const { comparable } = question
  return {
    ...{ label, workspaceId, put, kind: resource.name },
    role: caller === 'service' ? 'service_role' : 'authenticated',
    // The backend's key names no user, so an answer that it reads of a user must not follow from the token.
    claims: {
      sub: caller === 'service' ? null : (owner ?? 'reader'),
      app_metadata: { workspaces: workspacesClaimed },
    },
    tagsOf: (body) => [...question.tagsFor(owner), ...(isAbsent(body) ? [] : resource.embeddedTags(body))],
    comparable: comparable === null ? null : (body) => (isAbsent(body) ? absence : comparable(body)),
    async load(database) {
      const query = createQuery(database, null, AbortSignal.timeout(30_000))
      const loaded =
        resource.name === cacheSettings.name
          ? await readSettings(query, workspaceId)
          : await preparedLoad(question)({ workspaceId, userId: owner, query, noteUnfit: () => undefined })
      if (loaded.ok) return bytesOf(loaded.value)
      if (loaded.error.kind === 'not_found') return encoder.encode(absence)
      throw new Error(`${label}: ${JSON.stringify(loaded.error)}`)
    },
  }
}

const absence = '"there is none"'

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

/** The answers of all probes, in their order, within one transaction and so at one instant: `now()` stands still. */
export async function answersOf(
  sql: postgres.TransactionSql,
  probes: readonly Probe[],
): Promise<Uint8Array[]> {
  const answers: Uint8Array[] = new Array<Uint8Array>(probes.length)
  const database = databaseIn(sql)
  const callers = Map.groupBy(probes.entries(), ([, { role, claims }]) => JSON.stringify([role, claims]))
  for (const entries of callers.values()) {
    const [first] = entries
    if (first === undefined) continue
    const [, { role, claims }] = first
    await sql`select set_config('role', ${role}, true), set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`
    // The connection takes one after the other; that none is awaited before the next is sent saves the waiting.
    await Promise.all(
      entries.map(async ([place, probe]) => {
        answers[place] = await probe.load(database)
      }),
    )
  }
  await sql`select set_config('role', 'none', true), set_config('request.jwt.claims', '', true)`
  return answers
}

/** The database as the origin's loaders have it, over a connection of the test. */
function databaseIn(sql: postgres.TransactionSql): Database {
  return {
    async callRpc(name, args) {
      const names = Object.keys(args)
      const list = names.map((arg, index) => `${arg} => $${index + 1}`).join(', ')
      const values = names.map((arg) =>
        z.union([z.string(), z.number(), z.null(), z.array(z.string())]).parse(args[arg]),
      )
      const [row] = await sql.unsafe(`select public.${name}(${list}) as answer`, values, { prepare: true })
      return ok(row?.['answer'])
    },
    probe: async () => true,
  }
}
