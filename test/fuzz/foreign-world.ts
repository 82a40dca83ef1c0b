import type postgres from 'postgres'
import { z } from 'zod'
import { localAddresses } from '../../origin/local/mail-addresses.ts'
import { eventually } from '../support/eventually.ts'
import type { TestStack } from '../support/local-stack.ts'
import { removedUser, theirs } from './foreign-tokens.ts'
import type { Fault } from './judge.ts'
import type { TheirMail } from './mail-requests.ts'

/** A mark in every row of the other workspace that is in no request. An answer that contains it shows such a row. */
const secretMark = 'Qx9sealed'
/** A lifetime in the other workspace's settings and its number of contacts: figures that nothing else here has. */
const secretLifetimeSeconds = 43_217
const secretContacts = 1_013
/** The messages of a sender in an hour. */
const secretLimit = 7_919

/** The knowledge of an attacker about the other workspace: ids, and the content of an earlier answer. */
export interface Loot {
  readonly contactIds: readonly string[]
  readonly cursors: readonly string[]
  readonly etags: readonly string[]
  /** The ids of the other workspace's exports, imports, webhook endpoints, notifications and jobs, and the file of an export. */
  readonly work: TheirWork
  readonly mail: TheirMail
  /** Answers of the other workspace that were read and are now in every tier. */
  readonly reads: readonly { readonly route: string; readonly target: string }[]
  readonly version: number
}

/** The tables and functions that the database offers. A new table or function is attacked because it is listed here. */
export interface Catalog {
  readonly tables: readonly CatalogTable[]
  readonly functions: readonly CatalogFunction[]
}

export interface CatalogTable {
  readonly schema: string
  readonly name: string
  readonly columns: readonly string[]
  /** Tables that it refers to or that refer to it, which PostgREST embeds. */
  readonly related: readonly string[]
}

export interface CatalogFunction {
  readonly schema: string
  readonly name: string
  readonly args: readonly { readonly name: string; readonly type: string }[]
}

/** Two workspaces. The rows of one of them are marked. */
export interface ForeignWorld {
  readonly loot: Loot
  readonly catalog: Catalog
  /** Whether a text shows something of the other workspace. */
  shows(text: string): boolean
  /** Ends a membership in the other workspace, and waits until the Worker knows. */
  removeMember(): Promise<void>
  /** The changes in the other workspace since the world was made. */
  changes(): Promise<Fault[]>
}

export async function createForeignWorld(stack: TestStack): Promise<ForeignWorld> {
  const { sql } = stack
  // Until the outbox is empty, a change may still be on its way to the ledger.
  const isDelivered = async () =>
    (await sql`select from private.outbox where workspace_id = ${theirs} limit 1`).length === 0
  await stopSnapshots(stack)
  await markRows(sql)
  const mail = await makeTheirMail(stack)
  await eventually(isDelivered)
  const loot = { ...(await readAsTheirAdmin(stack)), work: await makeTheirWork(stack), mail }
  const removed = stack.api({
    token: await stack.tokenOf({ userId: removedUser, workspaces: null }),
    workspaceId: theirs,
  })
  const counts = `/api/cache-settings/workspace/${theirs}/counts`
  if ((await removed.get(counts)).status !== 200)
    throw new Error('the user whose membership is to end has none')
  const catalog = await readCatalog(sql)
  const before = await digestOf(sql, catalog)
  // Each look at a ledger's version takes a version. If the ledger moved by more than that, an attack has changed
  // something.
  let expectedVersion = await versionOf(stack)
  const marks = [
    // A domain is folded.
    new RegExp(secretMark, 'i'),
    new RegExp(`"(senderPerHour|emailRemaining)":${secretLimit}`),
    new RegExp(`ttl\\W+${secretLifetimeSeconds}\\b`, 'i'),
    new RegExp(`"total":${secretContacts},"(total_pages|highPriority)`),
  ]
  return {
    loot,
    catalog,
    shows: (text) => marks.some((mark) => mark.test(text)),
    async removeMember() {
      await sql`delete from public.memberships where user_id = ${removedUser} and workspace_id = ${theirs}`
      await eventually(async () => (await removed.get(counts)).status === 403, {
        deadlineMs: 120_000,
        everyMs: 500,
      })
      await eventually(isDelivered, { deadlineMs: deliveryDeadlineMs })
      // The removal itself is one row of the outbox, which takes one version.
      expectedVersion += 1
    },
    async changes() {
      await eventually(isDelivered, { deadlineMs: deliveryDeadlineMs })
      const after = await digestOf(sql, catalog)
      const changed = Object.keys(before).filter((table) => before[table] !== after[table])
      const faults = changed.map((table): Fault => ({ kind: `their rows of ${table} changed`, seen: table }))
      const moved = (await versionOf(stack)) - expectedVersion - 1
      if (moved !== 0) faults.push({ kind: 'their ledger moved', seen: `by ${moved} versions` })
      return faults
    },
  }
}

/** A snapshot that is due is no attack, but moves the ledger of its workspace. */
async function stopSnapshots({ sql, origin, internalAuthKey }: TestStack): Promise<void> {
  const paused = await fetch(`${origin}/api/v1/queues/analytics/pause`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${internalAuthKey}` },
  })
  if (!paused.ok) throw new Error(`the snapshots were not paused: ${paused.status}`)
  const isStill = async () =>
    (await sql`select from bullmq.job where queue = 'analytics' and state = 'active' limit 1`).length === 0
  await eventually(isStill, { deadlineMs: deliveryDeadlineMs })
}

async function markRows(sql: postgres.Sql): Promise<void> {
  await sql.begin(async (all) => {
    const sealed = (text: string) => `${secretMark} ${text}`
    await all`update public.workspaces set name = ${sealed('workspace')} where id = ${theirs}`
    await all`update public.boards set name = ${sealed('board')} || id where workspace_id = ${theirs}`
    await all`update public.board_columns set name = ${sealed('column')} || id where workspace_id = ${theirs}`
    await all`insert into public.memberships (workspace_id, user_id, role) values
      (${theirs}, ${`user-${secretMark}`}, 'member'), (${theirs}, ${removedUser}, 'member')`
    await all`insert into public.cache_settings (workspace_id, settings)
      values (${theirs}, ${all.json({ cacheConfig: { contactsTTL: secretLifetimeSeconds } })})`
    await all`insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
      select workspace_id, ${`sealed-${secretMark}-`} || number, board_id, board_column_id, name
      from (select *, row_number() over (order by id) as number from public.contacts where workspace_id = ${theirs}) theirs
      where number <= ${secretContacts}::int - (select count(*)::int from public.contacts where workspace_id = ${theirs})`
    await all`update public.contacts
      set name = ${sealed('contact')}, email = ${`${secretMark}@example.com`}, last_message = ${sealed('said')},
        status = ${secretMark}, source = ${secretMark}, lead_status = ${secretMark}, sentiment = ${secretMark},
        tags = array[${secretMark}]
      where workspace_id = ${theirs}`
  })
}

/** The work of the other workspace in the background. */
interface TheirWork {
  readonly exportIds: readonly string[]
  readonly files: readonly { readonly folder: string; readonly file: string }[]
  readonly endpointIds: readonly string[]
  readonly deliveryIds: readonly string[]
  readonly notificationIds: readonly string[]
  readonly importIds: readonly string[]
  readonly jobIds: readonly string[]
}

const deliveryId = '3f0c6f0e-5b1c-4e0a-9a53-6a3c1f1f7a11'

/**
 * An export with its file, a job in two months, and rows that a job or a call would have made, all of them with the mark. Nothing of it
 * changes by itself.
 */
async function makeTheirWork(stack: TestStack): Promise<TheirWork> {
  const { sql } = stack
  const api = stack.api({ token: stack.tokens.otherAdmin, workspaceId: theirs })
  const data = { text: `${secretMark} job` }
  const added = await api.post('/api/v1/queues/messages/jobs', {
    jobId: 'theirs',
    data,
    delayMs: 5_000_000_000,
  })
  if (added.status !== 201) throw new Error(`their job was not added: ${added.status}`)
  const asked = await api.post('/api/v1/exports', { id: 'their-export', format: 'csv' })
  if (asked.status !== 201) throw new Error(`their export was not made: ${asked.status}`)
  const nameOfFile = async () => {
    const [row] = await sql<{ file: string | null }[]>`
      select file from private.exports where workspace_id = ${theirs} and status = 'done'`
    return row?.file ?? null
  }
  await eventually(async () => (await nameOfFile()) !== null, { deadlineMs: deliveryDeadlineMs })
  const [folder = '', file = ''] = (await nameOfFile())?.split('/') ?? []
  const sealed = (text: string) => `${secretMark} ${text}`
  await sql.begin(async (all) => {
    await all`insert into private.webhook_endpoints (workspace_id, id, url, description, event_types, is_enabled, secret)
      values (${theirs}, 'their-endpoint', ${`https://127.0.0.1:9/${secretMark}`}, ${sealed('endpoint')}, array['contact.created'],
        false, ${`whsec_${secretMark}${'A'.repeat(34)}=`})`
    await all`insert into private.webhook_deliveries
      (id, workspace_id, endpoint_id, event_id, event_type, occurred_at, data, status, completed_at)
      values (${deliveryId}, ${theirs}, 'their-endpoint', ${`event-${secretMark}`}, 'contact.created', now(), '{}', 'failed', now())`
    await all`insert into private.notifications (workspace_id, id, user_id, kind, title)
      select ${theirs}, 'their-notification-' || number, user_id, 'contact.assigned', ${sealed('notification')}
      from unnest(array['00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000001'])
        with ordinality given (user_id, number)`
    await all`insert into private.imports (workspace_id, id, user_id, file, status, failure, finished_at)
      values (${theirs}, 'their-import', null, ${`imports/${secretMark}`}, 'failed', ${sealed('import')}, now())`
  })
  return {
    exportIds: ['their-export'],
    files: [{ folder, file }],
    endpointIds: ['their-endpoint'],
    deliveryIds: [deliveryId],
    notificationIds: ['their-notification-1', 'their-notification-2'],
    importIds: ['their-import'],
    jobIds: [`${theirs}~theirs`, 'theirs'],
  }
}

const theirSender = 'mia@their-sender.example'

/** A message that the other workspace has taken in, whose rows get the mark, and its limits. */
async function makeTheirMail({ sql, worker, emailWebhookSecret }: TestStack): Promise<TheirMail> {
  const address = localAddresses[theirs]
  const messageId = 'their-first@their-sender.example'
  const threadName = 'their-thread-name'
  const taken = await fetch(`${worker}/api/email-webhook`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${emailWebhookSecret}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      ...{ messageId, threadId: threadName, inReplyTo: '<their-missing@their-sender.example>' },
      ...{ from: { name: 'Mia', email: theirSender }, to: [{ name: '', email: address }], attachments: [] },
      ...{ subject: 'An offer', date: '2026-11-26T09:00:00Z', text: `${secretMark} text` },
    }),
  })
  if (taken.status !== 200) throw new Error(`their mail was not taken: ${taken.status}`)
  const [row] = await sql<{ thread_id: string }[]>`
    update private.inbound_emails set sender_domain = ${`${secretMark.toLowerCase()}.example`} where workspace_id = ${theirs}
    returning thread_id`
  await sql`update public.communications set subject = ${`${secretMark} subject`} where message_id = ${messageId}`
  await sql`update private.inbound_email_domains set domain = ${`${secretMark.toLowerCase()}.example`} where workspace_id = ${theirs}`
  await sql`insert into private.email_settings (workspace_id, sender_per_hour, exempt_domains)
    values (${theirs}, ${secretLimit}, array[${`${secretMark.toLowerCase()}.example`}])`
  return {
    ...{ address, sender: theirSender },
    messageIds: [messageId, 'their-missing@their-sender.example'],
    threadIds: [threadName, row?.thread_id ?? ''],
  }
}

/** Long enough for a machine that is busy with the attempts. */
const deliveryDeadlineMs = 60_000

const cursorSchema = z.string()

/**
 * Reads everything as the other workspace's admin. This puts the answers into every tier of the cache, from which a
 * faulty product might give them to others.
 */
async function readAsTheirAdmin(stack: TestStack): Promise<Omit<Loot, 'work' | 'mail'>> {
  const api = stack.api({ token: stack.tokens.otherAdmin, workspaceId: theirs })
  const cursors: string[] = []
  const etags: string[] = []
  const counts = {
    route: '/api/cache-settings/workspace/{workspaceId}/counts',
    target: `/api/cache-settings/workspace/${theirs}/counts`,
  }
  const reads: Loot['reads'][number][] = [counts]
  for (const board of ['board_214', 'board_1']) {
    for (const query of ['', 'per_page=100', 'page=2', 'filter=open', 'per_page=3&sort_by=name']) {
      const path = `/api/boards/${board}/contacts?${query}`
      const page = await api.page(board, query)
      const answer = await api.get(path)
      reads.push({ route: '/api/boards/{boardId}/contacts', target: path })
      if (page.pagination.next_cursor !== null) cursors.push(cursorSchema.parse(page.pagination.next_cursor))
      etags.push(answer.headers.get('ETag') ?? '')
    }
  }
  await api.counts()
  const ids = await stack.sql<{ id: string }[]>`
    select id from public.contacts where workspace_id = ${theirs} and id not like 'sealed-%' order by id limit 20`
  return {
    contactIds: ids.map(({ id }) => id),
    cursors: cursors.filter((cursor) => !Buffer.from(cursor, 'base64url').includes(secretMark)),
    etags,
    reads,
    version: await versionOf(stack),
  }
}

/** The version of the other workspace's ledger. Reading it takes a new version. */
async function versionOf(stack: TestStack): Promise<number> {
  return (await stack.invalidate({ workspaceId: theirs, boardId: 'board_214', action: 'board_updated' }))
    .version
}

async function readCatalog(sql: postgres.Sql): Promise<Catalog> {
  const tables = await sql<{ schema: string; name: string; columns: string[] }[]>`
    select table_schema as schema, table_name as name, array_agg(column_name::text) as columns
    from information_schema.columns where table_schema in ('public', 'private', 'auth', 'bullmq')
    group by 1, 2 order by 1, 2`
  const relations = await sql<{ from: string; to: string }[]>`
    select distinct f.relname as "from", t.relname as "to"
    from pg_constraint c join pg_class f on f.oid = c.conrelid join pg_class t on t.oid = c.confrelid
    where c.contype = 'f' and c.conparentid = 0 order by 1, 2`
  const relatedTo = (name: string) =>
    relations.flatMap(({ from, to }) => (from === name ? [to] : to === name ? [from] : []))
  const functions = await sql<{ schema: string; name: string; names: string[] | null; types: string[] }[]>`
    select n.nspname as schema, p.proname as name, p.proargnames[1:p.pronargs] as names,
      array(select format_type(type, null) from unnest(p.proargtypes::oid[]) with ordinality a (type, at) order by at) as types
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('public', 'private', 'bullmq') and p.prokind = 'f' and p.prorettype <> 'trigger'::regtype
    order by 1, 2`
  return {
    tables: tables.map((table) => ({ ...table, related: relatedTo(table.name) })),
    functions: functions.map(({ schema, name, names, types }) => ({
      schema,
      name,
      args: types.map((type, at) => ({ name: names?.[at] ?? '', type })),
    })),
  }
}

/** The tables of work in the background and of mail, which nobody but our functions may touch. */
const closedTables: ReadonlySet<string> = new Set([
  ...['exports', 'imports', 'notifications', 'snapshots', 'webhook_endpoints', 'webhook_deliveries'],
  ...['inbound_emails', 'email_thread_keys', 'email_settings'],
  ...['inbound_email_hours', 'inbound_email_days', 'inbound_email_domains'],
])

/**
 * A digest of the other workspace's rows in every table of `public` that has workspaces, of its work, its mail and its jobs, without the removed
 * member.
 */
async function digestOf(sql: postgres.Sql, { tables }: Catalog): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  for (const { schema, name, columns } of tables) {
    const key = name === 'workspaces' ? 'id' : 'workspace_id'
    const isSeen = schema === 'public' || (schema === 'private' && closedTables.has(name))
    if (!isSeen || !columns.includes(key)) continue
    const [row] = await sql<{ digest: string | null }[]>`
      select md5(string_agg(each::text, '|' order by each::text)) as digest
      from ${sql(`${schema}.${name}`)} each
      where ${sql(key)} = ${theirs} and each::text not like ${`%${removedUser}%`}`
    digests[name] = row?.digest ?? 'none'
  }
  const jobs = await sql<{ digest: string | null }[]>`
    select md5(string_agg(each::text, '|' order by each.id)) as digest
    from bullmq.job each where each.data ->> 'workspaceId' = ${theirs}`
  digests['jobs'] = jobs[0]?.digest ?? 'none'
  return digests
}
