import postgres from 'postgres'
import { z } from 'zod'
import type { JudgedEmail } from '../../shared/contract/inbound-email.ts'
import { mailOutcomeSchema } from '../../shared/contract/inbound-email.ts'
import { ours, theirs } from '../support/mail.ts'
import { type QueueRoom, startQueueRoom } from '../work/queue-room.ts'

/** A database that takes messages in, with queues. `us@ours.example` is an address of workspace 15213. */
export interface MailRoom extends QueueRoom {
  take(mail: JudgedEmail, options?: TakeOptions): Promise<z.output<typeof mailOutcomeSchema>>
  /** The answer as it is, when it may be another one than an outcome. */
  answerTo(mail: JudgedEmail, options?: TakeOptions): Promise<unknown>
  /** Takes each at the same time as the others, from connections of their own. */
  takeAtOnce(mails: readonly JudgedEmail[]): Promise<z.output<typeof mailOutcomeSchema>[]>
  /** Removes all jobs, as an operator may. */
  clearJobs(): Promise<void>
  /** As if so much time had passed since everything so far. */
  letPass(seconds: number): Promise<void>
}

interface TakeOptions {
  readonly workspace?: string
  readonly isSlow?: boolean
}

const answerSchema = z.object({ outcome: z.literal('ok'), mail: mailOutcomeSchema })

export async function startMailRoom(): Promise<MailRoom> {
  const room = await startQueueRoom()
  const { sql } = room
  const connections = postgres(room.url, { max: 20, onnotice: () => undefined })
  await sql`insert into public.workspaces (id, name) values ('15214', 'Other') on conflict do nothing`

  async function ask(on: postgres.Sql, mail: JudgedEmail, { workspace, isSlow }: TakeOptions = {}) {
    const [row] = await on`
      select public.inbound_email_take(${JSON.stringify(mail)}::text::jsonb, ${workspace ?? null}, ${isSlow ?? false}) as answer`
    return row?.['answer']
  }

  async function untilDecided(on: postgres.Sql, mail: JudgedEmail, options: TakeOptions = {}) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return answerSchema.parse(await ask(on, mail, options)).mail
      } catch (error) {
        if (attempt === 10 || !isLost(error)) throw error
      }
    }
  }

  return {
    ...room,
    take: (mail, options) => untilDecided(sql, mail, options),
    answerTo: (mail, options) => ask(sql, mail, options),
    takeAtOnce: (mails) => Promise.all(mails.map((mail) => untilDecided(connections, mail))),
    async clearJobs() {
      await sql`truncate bullmq.job cascade`
    },
    async letPass(seconds) {
      await sql`
        update private.inbound_emails set
          received_at = received_at - make_interval(secs => ${seconds}),
          accepted_at = accepted_at - make_interval(secs => ${seconds}),
          queued_at = queued_at - make_interval(secs => ${seconds})`
    },
    async clear() {
      await room.clear()
      await sql`truncate private.inbound_emails, private.email_thread_keys, private.email_settings`
      await sql`truncate private.inbound_email_hours, private.inbound_email_days, private.inbound_email_domains`
      await sql`truncate private.inbound_email_reports, public.email_addresses`
      await sql`delete from public.communications`
      await sql`delete from public.threads`
      await sql`delete from public.companies`
      await sql`delete from public.contacts where source = 'email' or id like 'mail-%'`
      await sql`
        insert into public.email_addresses (address, workspace_id) values (${ours}, '15213'), (${theirs}, '15214')`
    },
    async stop() {
      await connections.end()
      await room.stop()
    },
  }
}

function isLost(error: unknown): boolean {
  return error instanceof postgres.PostgresError && ['40001', '40P01', '23503', '23505'].includes(error.code)
}
