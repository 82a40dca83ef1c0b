import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { z } from 'zod'
import { contactWrittenSchema } from '../../shared/contract/contacts.ts'
import { ask, createApiClient } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import type { TestStack } from '../support/local-stack.ts'

/**
 * The fault model: the origin (with its relay), the Worker and Postgres are killed (SIGKILL), any of them or all, at
 * random points while contacts are written, straight in Postgres and through the origin, and pages are read; then they
 * are started again. Disks keep what they were told to keep. What stands between the origin and Postgres is started
 * anew with Postgres: Supabase Lite does not survive the loss of its connections.
 *
 * What is checked after each round, once the outbox is empty: a write that was acknowledged is in the database; every
 * page and count at the edge equals the database, read as any client reads, and so from whatever tier has it; and a
 * version that a writer was given is still one that the ledger knows. Pages live for minutes and a round for seconds:
 * what was not invalidated would show.
 */
export interface CrashOptions {
  readonly stack: TestStack
  readonly rounds: number
  readonly seed: number
  /** Aborted, the round under way is the last. */
  readonly signal: AbortSignal
  onRound(round: CrashRound): void
}

export interface CrashRound {
  readonly number: number
  readonly killed: readonly string[]
  readonly acknowledged: number
  readonly unanswered: number
  /** What was not as it must be; empty where all is well. */
  readonly faults: readonly string[]
  readonly recoveryMs: number
}

interface Subject {
  readonly workspaceId: string
  readonly boardId: string
  readonly columns: readonly string[]
  readonly token: string
}

const contactsOfSubject = 24
const perPage = 50
/** From the last start of a piece to an empty outbox, and from there to current pages. */
const recoveryDeadlineMs = 40_000
const currentDeadlineMs = 3_000

/** Runs the rounds; answers all of them. Throws where the stack itself does not come back. */
export async function runCrashRounds(options: CrashOptions): Promise<CrashRound[]> {
  const { stack, rounds, seed, signal, onRound } = options
  const random = randomFrom(seed)
  const subjects: Subject[] = [
    {
      workspaceId: '15213',
      boardId: 'board_2',
      columns: ['col_21', 'col_22', 'col_23'],
      token: stack.tokens.admin,
    },
    {
      workspaceId: '15214',
      boardId: 'board_214',
      columns: ['col_1', 'col_2', 'col_3'],
      token: stack.tokens.otherAdmin,
    },
  ]
  const writers = await Promise.all(subjects.map((subject) => createWriter(stack, subject, random)))
  const done: CrashRound[] = []
  for (let number = 1; number <= rounds && !signal.aborted; number += 1) {
    // A stream of its own for the faults: what is written, and how often, is not to decide what is killed.
    const round = await runRound(stack, writers, number, randomFrom(seed * 7_919 + number))
    done.push(round)
    onRound(round)
  }
  return done
}

async function runRound(
  stack: TestStack,
  writers: readonly Writer[],
  number: number,
  random: Random,
): Promise<CrashRound> {
  const before = writers.map(({ tally }) => ({ ...tally }))
  const traffic = new AbortController()
  const sql = stack.connect()
  const running = writers.flatMap((writer) => [
    writer.write(traffic.signal, sql),
    writer.read(traffic.signal),
  ])
  await pause(50 + random() * 400)
  const killed = await killSome(stack, random)
  const killedAtMs = performance.now()
  await startAgain(stack, killed, random)
  await pause(random() * 300)
  traffic.abort()
  // What waits on a connection that is no more is rejected now.
  await sql.end({ timeout: 0.2 })
  await Promise.all(running)
  const fresh = stack.connect()
  const faults = await settled(fresh)
  const recoveryMs = Math.round(performance.now() - killedAtMs)
  for (const writer of writers) faults.push(...(await writer.faults(fresh)))
  await fresh.end({ timeout: 1 })
  const sum = (of: 'acknowledged' | 'unanswered') =>
    writers.reduce((total, { tally }, index) => total + tally[of] - (before[index]?.[of] ?? 0), 0)
  return {
    number,
    killed,
    acknowledged: sum('acknowledged'),
    unanswered: sum('unanswered'),
    faults,
    recoveryMs,
  }
}

type PieceName = 'origin' | 'worker' | 'postgres'

async function killSome(stack: TestStack, random: Random): Promise<PieceName[]> {
  const names = (['origin', 'worker', 'postgres'] as const).filter(() => random() < 0.5)
  const killed: PieceName[] = names.length > 0 ? [...names] : ['origin']
  for (const name of shuffled(killed, random)) {
    await stack.pieces[name].kill()
    await pause(random() * 150)
  }
  return killed
}

async function startAgain(stack: TestStack, killed: readonly PieceName[], random: Random): Promise<void> {
  const { pieces } = stack
  // At once: the origin is ready only when Postgres is.
  const delays = killed.map(() => random() * 300)
  await Promise.all(
    killed.map(async (name, index) => {
      await pause(delays[index])
      await pieces[name].start()
      if (name !== 'postgres') return
      await pieces.supabase.kill()
      await pieces.supabase.start()
    }),
  )
}

/** Waits until the outbox is empty: from then on everything must be known. */
async function settled(sql: Sql): Promise<string[]> {
  const isEmpty = async () => {
    const [row] = await sql`select exists (select from private.outbox) as is_waiting`
    return row?.['is_waiting'] === false
  }
  try {
    await eventually(isEmpty, { deadlineMs: recoveryDeadlineMs, everyMs: 50 })
    return []
  } catch {
    const rows = await sql`select attempts, last_failure, parked_at from private.outbox limit 3`
    return [`the outbox is not empty ${recoveryDeadlineMs} ms after recovery: ${JSON.stringify(rows)}`]
  }
}

/** One workspace's traffic, and what is known of it. */
class Writer {
  readonly tally = { acknowledged: 0, unanswered: 0 }
  private readonly stack: TestStack
  private readonly subject: Subject
  private readonly random: Random
  private readonly api: ReturnType<typeof createApiClient>
  private readonly queries: readonly string[]
  /** The names a contact may have: one where its last write was acknowledged, more where it was not answered. */
  private readonly possible: Map<string, Set<string>>
  private written = 0
  private lastVersion = 0

  constructor(stack: TestStack, subject: Subject, random: Random, names: ReadonlyMap<string, string>) {
    this.stack = stack
    this.subject = subject
    this.random = random
    this.api = createApiClient({ worker: stack.worker, ...subject })
    this.possible = new Map([...names].map(([id, name]) => [id, new Set([name])]))
    this.queries = ['', ...subject.columns.map((column) => `&column_id=${column}`)].map(
      (column) => `per_page=${perPage}&sort_by=updated_at${column}`,
    )
  }

  async write(signal: AbortSignal, sql: Sql): Promise<void> {
    while (!signal.aborted) await this.writeOnce(sql)
  }

  /** Keeps every tier full of what could become outdated. */
  async read(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.api.page(this.subject.boardId, pick(this.queries, this.random)).catch(() => pause(20))
      await this.api.counts().catch(() => undefined)
    }
  }

  async faults(sql: Sql): Promise<string[]> {
    const { workspaceId, boardId } = this.subject
    const faults = await namesOutOfPlace(sql, workspaceId, this.possible)
    for (const query of this.queries) faults.push(...(await pageFaults(this.stack, sql, this.subject, query)))
    const known = await this.api.get(`/api/boards/${boardId}/contacts?${this.queries[0]}`, {
      'X-Min-Version': `${this.lastVersion}`,
    })
    if (known.status !== 200)
      faults.push(`version ${this.lastVersion} answers ${known.status}: ${known.text}`)
    return faults
  }

  private async writeOnce(sql: Sql): Promise<void> {
    const { random, possible, tally } = this
    const ids = [...possible.keys()]
    this.written += 1
    const name = `${this.subject.workspaceId} written ${this.written}`
    const isByOrigin = random() < 0.5
    const chosen = isByOrigin
      ? [pick(ids, random)]
      : shuffled(ids, random).slice(0, 1 + Math.floor(random() * 3))
    for (const id of chosen) possible.get(id)?.add(name)
    try {
      if (isByOrigin) await this.writeThroughOrigin(name, chosen[0] ?? '')
      else await this.writeInPostgres(sql, name, chosen)
      for (const id of chosen) possible.set(id, new Set([name]))
      tally.acknowledged += 1
    } catch {
      tally.unanswered += 1
      await pause(20)
    }
  }

  private async writeInPostgres(sql: Sql, name: string, chosen: readonly string[]): Promise<void> {
    const { workspaceId, columns } = this.subject
    await sql`update contacts set name = ${name}, board_column_id = ${pick(columns, this.random)}
      where workspace_id = ${workspaceId} and id in ${sql(chosen)}`
  }

  private async writeThroughOrigin(name: string, id: string): Promise<void> {
    const { token, workspaceId } = this.subject
    const answer = await ask(`${this.stack.origin}/contacts/${id}`, {
      method: 'PATCH',
      headers: { Authorization: `Bearer ${token}`, 'X-Workspace-ID': workspaceId },
      body: JSON.stringify({ name }),
    })
    if (answer.status !== 200) throw new Error(`${answer.status}`)
    const { data } = z.object({ data: contactWrittenSchema }).parse(JSON.parse(answer.text))
    this.lastVersion = Math.max(this.lastVersion, data.version ?? 0)
  }
}

async function createWriter(stack: TestStack, subject: Subject, random: Random): Promise<Writer> {
  const rows = await stack.sql`
    select id, name from contacts
    where workspace_id = ${subject.workspaceId} and board_id = ${subject.boardId}
    order by id limit ${contactsOfSubject}`
  const names = new Map(rows.map((row) => [String(row['id']), String(row['name'])]))
  return new Writer(stack, subject, random, names)
}

/** Acknowledged writes that the database does not have; then what it has is what is so. */
async function namesOutOfPlace(
  sql: Sql,
  workspaceId: string,
  possible: Map<string, Set<string>>,
): Promise<string[]> {
  const rows = await sql`
    select id, name from contacts where workspace_id = ${workspaceId} and id in ${sql([...possible.keys()])}`
  return rows.flatMap((row) => {
    const id = String(row['id'])
    const name = String(row['name'])
    const isPossible = possible.get(id)?.has(name) === true
    possible.set(id, new Set([name]))
    return isPossible ? [] : [`${id} of ${workspaceId} is "${name}", which is no longer possible`]
  })
}

/**
 * Whether a page at the edge becomes what the database has; asked as any client asks. A page that is marked as stale
 * claims nothing, and is waited for: what came back last may still be finding its connections.
 */
async function pageFaults(stack: TestStack, sql: Sql, subject: Subject, query: string): Promise<string[]> {
  const { workspaceId, boardId, token } = subject
  const column = new URLSearchParams(query).get('column_id')
  const api = createApiClient({ worker: stack.worker, token, workspaceId })
  const truth = await sql`
    select id, name, board_column_id from contacts
    where workspace_id = ${workspaceId} and board_id = ${boardId}
      and (${column}::text is null or board_column_id = ${column})
    order by updated_at desc, id desc limit ${perPage}`
  const expected = JSON.stringify(truth.map((row) => [row['id'], row['name'], row['board_column_id']]))
  const startedAtMs = performance.now()
  let seen = 'nothing'
  try {
    return await eventually(
      async () => {
        const { contacts, _cache } = await api.page(boardId, query)
        seen = JSON.stringify(contacts.map((contact) => [contact.id, contact.name, contact.board_column_id]))
        if (seen === expected) return []
        const isLate = performance.now() - startedAtMs > currentDeadlineMs
        if (!isLate || _cache.status === 'STALE') return false
        return [
          `${workspaceId} ${query}: the edge has ${JSON.stringify(_cache)} ${differing(seen, expected)}`,
        ]
      },
      { deadlineMs: recoveryDeadlineMs, everyMs: 50 },
    )
  } catch (error) {
    return [
      `${workspaceId} ${query}: ${recoveryDeadlineMs} ms later the edge has still ${differing(seen, expected)} (${error})`,
    ]
  }
}

function differing(seen: string, expected: string): string {
  return `${seen.slice(0, 200)}, the database ${expected.slice(0, 200)}`
}

type Random = () => number

/** Mulberry32: the same faults for the same seed, as far as processes keep time. */
function randomFrom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item)
}
