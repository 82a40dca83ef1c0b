import type { Sql } from 'postgres'
import { plantedSource, type Replacement } from '../support/planting.ts'
import { mailWorkspaces } from './mail-messages.ts'

/**
 * Faults that the crash test of inbound e-mail must find:
 *
 *   forgetful    the Worker notes messages in Redis as completed before the database has answered
 *   repeating    the database now and then takes a message again that it has taken
 *   generous     messages of one sender, or of one domain, do not wait for one another next to a limit
 *   miscounting  messages that come again are written down, and not counted
 */
export const mailCanaries = ['forgetful', 'repeating', 'generous', 'miscounting'] as const
type MailCanary = (typeof mailCanaries)[number]

/** Null for what is no name of a canary. */
export function mailCanaryOf(name: string): MailCanary | null {
  return mailCanaries.find((canary) => canary === name) ?? null
}

/** The change of `forgetful` in the Worker. */
export const forgetfulWorker: Replacement = {
  file: 'worker/inbound-email/take-mail.ts',
  find: '  const sent = await send()\n',
  replace: `
  if (facts !== null) {
    const processedAt = new Date(parts.clock.now()).toISOString()
    const outcomes = [{ status: 'seen', state: 'completed', workspaceId: '${mailWorkspaces[0]}', processedAt }]
    await known.note(facts, { messageId: facts.messageId, digest: facts.digest, senderDomain: null, outcomes })
  }
  const sent = await send()
`,
}

/** The changes of the others in the database's functions. */
const replacements: Readonly<Record<Exclude<MailCanary, 'forgetful'>, Replacement>> = {
  repeating: {
    file: 'public.inbound_email_take',
    find: 'if v_known.accepted_at is not null then',
    replace: 'if v_known.accepted_at is not null and random() < 0.5 then',
  },
  generous: {
    file: 'private.mail_turn',
    find: `end if;
  perform pg_advisory_xact_lock(hashtextextended(v_name, 0));`,
    replace: 'end if;',
  },
  miscounting: {
    file: 'private.seen_mail',
    find: 'v_claim.sender_domain, 1, 1, 0,',
    replace: 'v_claim.sender_domain, 0, 0, 0,',
  },
}

/** Plants a canary that lives in the database. */
export async function plantInDatabase(sql: Sql, canary: Exclude<MailCanary, 'forgetful'>): Promise<void> {
  const replacement = replacements[canary]
  const [row] = await sql`select pg_get_functiondef(${replacement.file}::regproc) as source`
  await sql.unsafe(plantedSource(String(row?.['source']), [replacement]))
}
