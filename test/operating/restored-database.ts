import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { makeMail } from '../../origin/local/test-mail.ts'
import type { Boardcache, BoardcacheOptions } from '../../worker/client/types.ts'
import { ask, createApiClient } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { apiOf, type Ground, holds, isSeen, patience, rename, warm } from './ground.ts'
import { failuresOf, readSection } from './runbook-commands.ts'

/*
 * The drill of a database that is restored from a dump into its own place: an older state of the same cluster, which no identifier gives
 * away. The commands are those of worker/runbook.md. Between the dump and the restore a contact is changed, a workspace begins, a job is
 * added, another one ends, and a message arrives; all of it has been read from the cache.
 */

const laterWorkspace = 'begun-later'
const jobs = { kept: 'drill-kept', later: 'drill-later' } as const

export async function restoreDatabase(ground: Ground): Promise<void> {
  if (ground.programs === null)
    throw new Error(
      'this drill needs jq, pg_dump and a server of its version (apt-get install jq postgresql)',
    )
  const folder = await mkdtemp(join(tmpdir(), 'boardcache-backup-'))
  try {
    const id = await warm(ground)
    await rename(ground, id, 'In the backup')
    await addJob(ground, jobs.kept)
    await isSeen(ground, 'In the backup')
    await follow(ground, 'Backups', folder)
    const board = await showBoard(ground)
    try {
      const later = await goOn(ground, id)
      await eventually(() => board.name() === 'Lost', patience)
      await ground.stack().origin.stop()
      await follow(ground, 'Restore the database', folder)
      await ground.stack().origin.start()
      await isSeen(ground, 'In the backup')
      await eventually(() => board.name() === 'In the backup', patience)
      await later.isGone()
    } finally {
      board.close()
    }
    await holds(ground, id, 'In the backup')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs the commands of a section of the runbook. */
async function follow({ stack, programs }: Ground, heading: string, folder: string): Promise<void> {
  const { worker, origin, internalAuthKey, postgres, tokens } = stack().file
  const environment = {
    ...{ WORKER: worker, ORIGIN: origin, INTERNAL_AUTH_KEY: internalAuthKey, METRICS_TOKEN: tokens.admin },
    DATABASE_URL: postgres ?? '',
    PATH: `${programs}:${process.env['PATH']}`,
  }
  const failures = await failuresOf(await readSection(heading), environment, folder)
  if (failures.length > 0) throw new Error(failures.join('\n'))
}

/** The browser client, whose types are those of a browser. */
const clientModule = new URL('../../worker/client/index.ts', import.meta.url)
interface Client {
  createBoardcache(options: BoardcacheOptions): Boardcache
}

/** A board as the product's own client shows it live. */
async function showBoard({ stack }: Ground): Promise<{ name(): string | undefined; close(): void }> {
  const { worker, tokens } = stack().file
  const { createBoardcache }: Client = await import(/* @vite-ignore */ clientModule.href)
  const client = createBoardcache({ url: worker, workspaceId: '15213', token: tokens.member })
  const page = client.board('board_123').page(1)
  const stop = page.subscribe(() => undefined)
  return {
    name: () => page.peek().data?.contacts[0]?.name,
    close() {
      stop()
      client.close()
    },
  }
}

const addJob = ({ sql }: Ground, job: string) =>
  sql`select private.add_job('notifications', 'drill', '15213', '{}', ${job}, null, 3600000)`

async function waitingJobs({ sql }: Ground): Promise<string> {
  const rows = await sql<{ id: string }[]>`
    select split_part(id, '~', 2) as id from bullmq.job where id like '15213~drill-%' order by 1`
  return rows.map(({ id }) => id).join()
}

/** Changes what the dump has, and adds what it lacks. Everything is read until the cache has it. `isGone` throws if anything of it is still answered. */
async function goOn(ground: Ground, contact: string): Promise<{ isGone(): Promise<void> }> {
  const { sql } = ground
  await rename(ground, contact, 'Lost')
  await isSeen(ground, 'Lost')
  const other = await beginWorkspace(ground)
  await sql`delete from bullmq.job where id = ${`15213~${jobs.kept}`}`
  await addJob(ground, jobs.later)
  const mail = await sendMail(ground)
  return {
    async isGone() {
      // The workspace is not in the restored database, so no row of it says that it moved.
      await eventually(async () => (await other()).status !== 200, patience)
      // The job that ended after the dump waits once more, and the one that was added later is lost.
      const waiting = await waitingJobs(ground)
      if (waiting !== jobs.kept) throw new Error(`the jobs ${waiting} wait`)
      await mail.isTakenAgain()
      // No tier brings back what was served before.
      for (let number = 0; number < 10; number += 1) {
        const { contacts } = await apiOf(ground).page('board_123', `per_page=${1 + (number % 3)}`)
        if (contacts[0]?.name !== 'In the backup') throw new Error(`${contacts[0]?.name} is served`)
        const { status } = await other()
        if (status === 200) throw new Error('a workspace that is not in the backup is served')
      }
    },
  }
}

/** A workspace with a board, read until it is cached. Answers how it is read. */
async function beginWorkspace({ sql, stack }: Ground) {
  await sql`insert into workspaces (id, name) values (${laterWorkspace}, 'Begun later')`
  await sql`insert into boards (workspace_id, id, name) values (${laterWorkspace}, 'board_later', 'Later')`
  const token = await stack().tokenFor({
    ...{ userId: 'user-later', workspaces: { [laterWorkspace]: 'admin' as const } },
    expiresInSeconds: 3_600,
  })
  const api = createApiClient(stack().file.worker, { token, workspaceId: laterWorkspace })
  await eventually(async () => (await api.page('board_later'))._cache.status === 'HIT', patience)
  return () => api.get('/api/boards/board_later/contacts')
}

const countSchema = z.tuple([z.object({ count: z.number() })])

/** A message that the database takes, and that Redis remembers for a day. */
async function sendMail({ sql, stack }: Ground) {
  const { worker, emailWebhookSecret, emailAddress } = stack().file
  const messageId = 'between@drill.example'
  const from = 'sender@drill.example'
  const { contentType, body } = makeMail({ messageId, date: new Date(), from, to: emailAddress })
  const post = () =>
    ask(`${worker}/api/email-webhook`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${emailWebhookSecret}`, 'Content-Type': contentType },
      body,
    })
  const isStored = async () => {
    const [{ count }] = countSchema.parse(
      await sql`select count(*)::integer as count from communications where from_address = ${from}`,
    )
    return count === 1
  }
  const isTaken = async () => {
    const { status, text } = await post()
    if (status !== 200 && status !== 202) throw new Error(`the mail is answered ${status}: ${text}`)
    await eventually(isStored, patience)
  }
  await isTaken()
  // Now Redis answers for it.
  await eventually(async () => (await post()).status === 200, patience)
  return {
    async isTakenAgain() {
      if (await isStored()) throw new Error('the message is in the restored database')
      await isTaken()
    },
  }
}
