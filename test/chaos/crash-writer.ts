import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { z } from 'zod'
import { contactWrittenSchema } from '../../shared/contract/contacts.ts'
import { type ApiClient, ask } from '../support/api-client.ts'
import type { Dice } from '../support/dice.ts'
import type { TestStack } from '../support/local-stack.ts'
import { type Page, pageFaults, queryOf } from './crash-pages.ts'

/**
 * One workspace's traffic, and what is known about it. Its busy board is written all the time, so races happen there,
 * but each write there hides one that was missed just before. So there are quiet boards too, each with one contact
 * that is written at most once in a round: nothing else would ever correct a missed write there.
 */
export class Writer {
  readonly tally = { acknowledged: 0, unanswered: 0 }
  private readonly stack: TestStack
  private readonly subject: Subject
  private readonly dice: Dice
  private readonly api: ApiClient
  private readonly busyPages: readonly Page[]
  private readonly pages: readonly Page[]
  /** The names that a contact may have: one if its last write was acknowledged, several if it was not answered. */
  private readonly possible: Map<string, Set<string>>
  /**
   * Names whose writes were not answered in this round. They may still be committed, even after an acknowledged one.
   */
  private unanswered = new Set<string>()
  private written = 0
  private lastVersion = 0

  constructor(stack: TestStack, subject: Subject, dice: Dice, names: ReadonlyMap<string, string>) {
    const { boardId, columns } = subject
    this.stack = stack
    this.subject = subject
    this.dice = dice
    this.api = stack.api(subject)
    this.possible = new Map([...names].map(([id, name]) => [id, new Set([name])]))
    this.busyPages = [null, ...columns].map((columnId) => ({ boardId, columnId }))
    this.pages = [...this.busyPages, ...quietBoards.map((quiet) => ({ boardId: quiet, columnId: null }))]
  }

  async write(signal: AbortSignal, sql: Sql): Promise<void> {
    const busy = [...this.possible.keys()].filter((id) => !isQuiet(id))
    while (!signal.aborted) {
      const chosen = this.dice.shuffled(busy).slice(0, this.dice.between(1, 3))
      await this.writeOnce(sql, chosen, this.dice.pick(this.subject.columns))
    }
  }

  async writeQuietBoards(signal: AbortSignal, sql: Sql): Promise<void> {
    for (const boardId of this.dice.shuffled(quietBoards)) {
      await pause(this.dice.between(0, 150))
      if (signal.aborted) return
      await this.writeOnce(sql, [contactOf(boardId)], quietColumn)
    }
  }

  /** Keeps every tier full of pages that could become outdated. */
  async read(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const page = this.dice.pick(this.busyPages)
      await this.api.page(page.boardId, queryOf(page)).catch(() => pause(20))
      await this.api.counts().catch(() => undefined)
    }
  }

  async faults(sql: Sql): Promise<string[]> {
    const { workspaceId, boardId } = this.subject
    const faults = await namesOutOfPlace(sql, workspaceId, this.possible)
    this.unanswered = new Set()
    const asking = { api: this.api, sql, workspaceId }
    const ofPages = await Promise.all(this.pages.map((page) => pageFaults(asking, page)))
    faults.push(...ofPages.flat())
    const known = await this.api.get(`/api/boards/${boardId}/contacts`, {
      'X-Min-Version': `${this.lastVersion}`,
    })
    if (known.status !== 200)
      faults.push(`version ${this.lastVersion} answers ${known.status}: ${known.text}`)
    return faults
  }

  /** Writes directly in Postgres, or through the origin, which writes one contact at a time. */
  private async writeOnce(sql: Sql, chosen: readonly string[], column: string): Promise<void> {
    const { possible, tally } = this
    const isByOrigin = this.dice.happens(0.5)
    const ids = isByOrigin ? chosen.slice(0, 1) : chosen
    this.written += 1
    const name = `${this.subject.workspaceId} written ${this.written}`
    for (const id of ids) possible.get(id)?.add(name)
    try {
      if (isByOrigin) for (const id of ids) await this.writeThroughOrigin(name, id)
      else await this.writeInPostgres(sql, name, ids, column)
      for (const id of ids) {
        const late = [...(possible.get(id) ?? [])].filter((other) => this.unanswered.has(other))
        possible.set(id, new Set([name, ...late]))
      }
      tally.acknowledged += 1
    } catch {
      this.unanswered.add(name)
      tally.unanswered += 1
      await pause(20)
    }
  }

  private async writeInPostgres(sql: Sql, name: string, ids: readonly string[], column: string) {
    const { workspaceId } = this.subject
    await sql`update contacts set name = ${name}, board_column_id = ${column}
      where workspace_id = ${workspaceId} and id in ${sql(ids)}`
  }

  private async writeThroughOrigin(name: string, id: string): Promise<void> {
    const answer = await ask(`${this.stack.origin}/contacts/${id}`, {
      method: 'PATCH',
      headers: this.api.headers,
      body: JSON.stringify({ name }),
    })
    if (answer.status !== 200) throw new Error(`${answer.status}`)
    const { data } = z.object({ data: contactWrittenSchema }).parse(JSON.parse(answer.text))
    this.lastVersion = Math.max(this.lastVersion, data.version ?? 0)
  }
}

interface Subject {
  readonly workspaceId: string
  readonly token: string
  /** The busy board and its columns. */
  readonly boardId: string
  readonly columns: readonly string[]
}

const busyContacts = 24
const quietBoards: readonly string[] = ['quiet_1', 'quiet_2', 'quiet_3', 'quiet_4', 'quiet_5', 'quiet_6']
const quietColumn = 'col_1'
const contactOf = (quietBoard: string) => `of_${quietBoard}`
const isQuiet = (contactId: string) => contactId.startsWith('of_quiet')

/** Makes a writer for each of two workspaces, with its quiet boards. */
export function createWriters(stack: TestStack, dice: Dice): Promise<Writer[]> {
  const subjects: Subject[] = [
    {
      workspaceId: '15213',
      token: stack.tokens.admin,
      boardId: 'board_2',
      columns: ['col_21', 'col_22', 'col_23'],
    },
    {
      workspaceId: '15214',
      token: stack.tokens.otherAdmin,
      boardId: 'board_214',
      columns: ['col_1', 'col_2', 'col_3'],
    },
  ]
  return Promise.all(subjects.map((subject) => createWriter(stack, subject, dice)))
}

async function createWriter(stack: TestStack, subject: Subject, dice: Dice): Promise<Writer> {
  const { sql } = stack
  const { workspaceId, boardId } = subject
  for (const quiet of quietBoards) {
    await sql`insert into boards (workspace_id, id, name) values (${workspaceId}, ${quiet}, ${quiet})`
    await sql`insert into board_columns (workspace_id, board_id, id, name)
      values (${workspaceId}, ${quiet}, ${quietColumn}, 'Only')`
    await sql`insert into contacts (workspace_id, id, board_id, board_column_id, name)
      values (${workspaceId}, ${contactOf(quiet)}, ${quiet}, ${quietColumn}, ${quiet})`
  }
  const rows = await sql`
    (select id, name from contacts where workspace_id = ${workspaceId} and board_id = ${boardId}
      order by id limit ${busyContacts})
    union all
    select id, name from contacts where workspace_id = ${workspaceId} and board_id in ${sql(quietBoards)}`
  const names = new Map(rows.map((row) => [String(row['id']), String(row['name'])]))
  const writer = new Writer(stack, subject, dice, names)
  // Reads every page once, so that the first round already has pages that could become outdated.
  const faults = await writer.faults(sql)
  if (faults.length > 0) throw new Error(`before anything was killed: ${faults.join('; ')}`)
  return writer
}

/** Acknowledged writes that the database does not have. From then on the database counts as right. */
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
