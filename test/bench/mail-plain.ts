import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { z } from 'zod'

/**
 * The webhook that most people write first: a Node server in front of Postgres, without Redis, limits, a queue or caches that must hear
 * of anything. A message takes four queries, one after the other, each a transaction of its own: it is looked for by its id, its company
 * and its contact are made or found, and it is stored. It has a schema of its own, in the database with which it is compared.
 */
export interface PlainDesign {
  readonly url: string
  stop(): Promise<void>
}

const listeningSchema = z.object({ port: z.int() })

/** Runs it in a process of its own, as the other one is. */
export async function startPlainDesign(databaseUrl: string): Promise<PlainDesign> {
  const child = fork(fileURLToPath(import.meta.url))
  const listening = once(child, 'message', { signal: AbortSignal.timeout(20_000) })
  child.send({ databaseUrl })
  const [message] = await listening
  return {
    url: `http://127.0.0.1:${listeningSchema.parse(message).port}`,
    async stop() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

const orderSchema = z.object({ databaseUrl: z.string() })
const mailSchema = z.object({
  messageId: z.string(),
  from: z.object({ name: z.string(), email: z.string() }),
  subject: z.string(),
  text: z.string(),
})

async function serve(databaseUrl: string): Promise<void> {
  // Ten connections, as the driver has them.
  const sql = postgres(databaseUrl, { onnotice: () => undefined })
  await makeTables(sql)
  const server = createServer((incoming, outgoing) => {
    take(sql, incoming).then(
      (answer) => outgoing.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer)),
      () => outgoing.writeHead(500).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  process.on('disconnect', () => process.exit(0))
  process.send?.({ port: address.port })
}

async function makeTables(sql: postgres.Sql): Promise<void> {
  await sql`create schema plain_mail`
  await sql`
    create table plain_mail.companies (
      id bigint generated always as identity primary key, domain text not null unique, name text not null
    )`
  await sql`
    create table plain_mail.contacts (
      id bigint generated always as identity primary key, email text not null unique, name text not null,
      company_id bigint not null references plain_mail.companies (id)
    )`
  await sql`
    create table plain_mail.communications (
      id bigint generated always as identity primary key, message_id text not null unique,
      company_id bigint not null references plain_mail.companies (id),
      contact_id bigint not null references plain_mail.contacts (id),
      subject text not null, body text not null, received_at timestamptz not null default now()
    )`
}

async function take(sql: postgres.Sql, incoming: IncomingMessage) {
  const { messageId, from, subject, text: body } = mailSchema.parse(JSON.parse(await text(incoming)))
  const [known] = await sql`select id from plain_mail.communications where message_id = ${messageId}`
  if (known !== undefined) return { message: 'The message was taken before.', communicationId: known['id'] }
  const domain = from.email.slice(from.email.lastIndexOf('@') + 1)
  const [company] = await sql`
    insert into plain_mail.companies (domain, name) values (${domain}, ${domain})
    on conflict (domain) do update set name = excluded.name
    returning id`
  const [contact] = await sql`
    insert into plain_mail.contacts (email, name, company_id) values (${from.email}, ${from.name}, ${company?.['id']})
    on conflict (email) do update set name = excluded.name
    returning id`
  const [communication] = await sql`
    insert into plain_mail.communications (message_id, company_id, contact_id, subject, body)
    values (${messageId}, ${company?.['id']}, ${contact?.['id']}, ${subject}, ${body})
    returning id`
  return { success: true, communicationId: communication?.['id'] }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', (message) => serve(orderSchema.parse(message).databaseUrl))
}
