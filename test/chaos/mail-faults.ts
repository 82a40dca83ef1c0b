import type { Sql, TransactionSql } from 'postgres'
import { type MailWorkspace, mailWorkspaces, type TestMessage } from './mail-messages.ts'
import type { MailSender, SentMail } from './mail-sender.ts'

/**
 * The limits of each workspace in any hour. A sender meets its own, and the four senders of a domain meet theirs together. Messages far
 * from the limit of their domain are taken at the same time, next to it one after the other (private.mail_turn).
 */
export const mailLimits = { sender: 8, domain: 26 } as const

/** Sentences about what must not be in the database once no message waits, each kind in its own function. */
export async function mailFaults(sql: Sql, senders: readonly MailSender[]): Promise<string[]> {
  // All that is compared is read from one snapshot.
  return sql.begin('isolation level repeatable read read only', async (tx) => [
    ...senders.flatMap(({ unexpected }) => unexpected),
    ...(await messageFaults(tx, senders)),
    ...(await recordFaults(tx)),
    ...(await claimFaults(tx)),
    ...(await countFaults(tx)),
    ...(await figureFaults(tx)),
    ...(await redisCountFaults(tx, senders)),
    ...(await limitFaults(tx, senders)),
    ...(await refusalFaults(tx)),
  ])
}

/** A communication of a workspace. Its subject names the message. */
interface Found {
  readonly times: number
  readonly thread: string | null
}

/** Every acknowledged message is there, none is there twice, and answers are in the thread of what they answer, and in no other. */
async function messageFaults(tx: TransactionSql, senders: readonly MailSender[]): Promise<string[]> {
  const rows = await tx`
    select c.workspace_id, c.subject, count(*)::integer as times, min(c.thread_id) as thread
    from public.communications c where c.workspace_id in ${tx(mailWorkspaces)}
    group by c.workspace_id, c.subject`
  const found = new Map<string, Found>()
  for (const row of rows) {
    const key = keyOf(String(row['workspace_id']), String(row['subject']))
    const thread = row['thread'] === null ? null : String(row['thread'])
    found.set(key, { times: Number(row['times']), thread })
  }
  const faults: string[] = []
  const roots = new Map<string, string>()
  for (const mail of senders.flatMap(({ sent }) => sent)) {
    const { message, takenAnswers } = mail
    if (takenAnswers > message.workspaces.length)
      faults.push(
        `"${message.subject}" was taken by ${message.workspaces.length} workspaces and answered as new ${takenAnswers} times`,
      )
    for (const workspace of message.workspaces) {
      faults.push(...faultsOfMessage(found, mail, workspace))
      faults.push(...threadFaults(found, roots, message, workspace))
    }
  }
  return faults
}

function faultsOfMessage(
  found: ReadonlyMap<string, Found>,
  { message, isAcknowledged }: SentMail,
  workspace: MailWorkspace,
): string[] {
  const times = found.get(keyOf(workspace, message.subject))?.times ?? 0
  const title = `"${message.subject}" in ${workspace}`
  if (times > 1) return [`${title} became ${times} communications`]
  return times === 0 && isAcknowledged ? [`${title} was acknowledged and is lost`] : []
}

/** `roots` has the beginning of the conversation that each thread holds. */
function threadFaults(
  found: ReadonlyMap<string, Found>,
  roots: Map<string, string>,
  message: TestMessage,
  workspace: MailWorkspace,
): string[] {
  const own = found.get(keyOf(workspace, message.subject))
  if (own === undefined) return []
  const title = `"${message.subject}" in ${workspace}`
  if (own.thread === null) return [`${title} has no thread`]
  const faults: string[] = []
  const { answered } = message
  const parent = answered === null ? undefined : found.get(keyOf(workspace, answered.subject))
  if (parent !== undefined && parent.thread !== own.thread)
    faults.push(`${title} is not in the thread of what it answers`)
  const root = rootOf(message).subject
  const rootOfThread = roots.get(own.thread) ?? root
  roots.set(own.thread, rootOfThread)
  if (rootOfThread !== root) faults.push(`${title} is in the thread of "${rootOfThread}"`)
  return faults
}

function rootOf(message: TestMessage): TestMessage {
  let root = message
  while (root.answered !== null) root = root.answered
  return root
}

/** The questions whose answers must be empty, each with the fault that a row of its answer is. */
async function recordFaults(tx: TransactionSql): Promise<string[]> {
  const workspaces = tx(mailWorkspaces)
  const strangers = await tx`
    select c.workspace_id, c.subject
    from public.communications c
    left join public.contacts p on p.workspace_id = c.workspace_id and p.id = c.contact_id
    left join public.company_domains d on d.workspace_id = c.workspace_id and d.company_id = c.company_id
    where c.workspace_id in ${workspaces}
      and (p.email is distinct from c.from_address or d.domain is distinct from split_part(c.from_address, '@', 2))`
  const contacts = await tx`
    select p.workspace_id, p.email as name, count(*)::integer as times from public.contacts p
    where p.workspace_id in ${workspaces} group by p.workspace_id, p.email having count(*) > 1`
  const companies = await tx`
    select o.workspace_id, o.name, count(*)::integer as times from public.companies o
    where o.workspace_id in ${workspaces} group by o.workspace_id, o.name having count(*) > 1`
  const unused = await tx`
    select 'company' as kind, o.workspace_id, o.name from public.companies o
    where o.workspace_id in ${workspaces}
      and not exists (select from public.communications c where c.workspace_id = o.workspace_id and c.company_id = o.id)
    union all
    select 'contact', p.workspace_id, p.email from public.contacts p
    where p.workspace_id in ${workspaces}
      and not exists (select from public.communications c where c.workspace_id = p.workspace_id and c.contact_id = p.id)
    union all
    select 'thread', t.workspace_id, t.subject from public.threads t
    where t.workspace_id in ${workspaces}
      and not exists (select from public.communications c where c.workspace_id = t.workspace_id and c.thread_id = t.id)`
  const unmarked = await tx`
    select e.workspace_id, min(e.sender) as sender, count(*)::integer as times,
      count(*) filter (where e.is_id_reused)::integer as marked
    from private.inbound_emails e where e.workspace_id in ${workspaces} and e.accepted_at is not null
    group by e.workspace_id, e.message_key
    having count(*) filter (where e.is_id_reused) <> count(*) - 1`
  const failed = await tx`
    select e.workspace_id, count(*)::integer as times from private.inbound_emails e
    where e.state = 'failed' group by e.workspace_id`
  return [
    ...strangers.map(
      (row) => `"${row['subject']}" in ${row['workspace_id']} has not its sender's contact and company`,
    ),
    ...contacts.map((row) => `${row['name']} is ${row['times']} contacts in ${row['workspace_id']}`),
    ...companies.map((row) => `${row['name']} is ${row['times']} companies in ${row['workspace_id']}`),
    ...unused.map(
      (row) => `the ${row['kind']} "${row['name']}" in ${row['workspace_id']} belongs to no message`,
    ),
    ...unmarked.map(
      (row) =>
        `of ${row['times']} messages of ${row['sender']} with one id in ${row['workspace_id']} ${row['marked']} are marked`,
    ),
    ...failed.map((row) => `${row['times']} messages were given up in ${row['workspace_id']}`),
  ]
}

/** A message that was taken has a communication of its own, and no communication is without one. */
async function claimFaults(tx: TransactionSql): Promise<string[]> {
  const unpaired = await tx`
    select coalesce(e.workspace_id, c.workspace_id) as workspace_id, c.subject, e.state
    from (select * from private.inbound_emails where accepted_at is not null) e
    full join public.communications c on c.workspace_id = e.workspace_id and c.id = e.communication_id
    where coalesce(e.workspace_id, c.workspace_id) in ${tx(mailWorkspaces)}
      and (c.id is null or e.id is null or e.state <> 'processed' or e.processed_at is null)`
  return unpaired.map((row) =>
    row['subject'] === null
      ? `a message that was taken in ${row['workspace_id']} has no communication and is ${row['state']}`
      : `"${row['subject']}" in ${row['workspace_id']} is the communication of no message that was taken`,
  )
}

/** The counts of each workspace equal its rows to the digit, without those that Redis answered for. */
async function countFaults(tx: TransactionSql): Promise<string[]> {
  const counted = await tx`
    select h.workspace_id,
      sum(h.received - h.redis_duplicates - h.redis_limited)::integer as received, sum(h.processed)::integer as processed,
      sum(h.failed)::integer as failed, sum(h.duplicates - h.redis_duplicates)::integer as duplicates,
      sum(h.limited - h.redis_limited)::integer as limited, sum(h.queued)::integer as queued
    from private.inbound_email_hours h where h.workspace_id in ${tx(mailWorkspaces)}
    group by h.workspace_id order by h.workspace_id`
  const rows = await tx`
    select e.workspace_id,
      (sum(e.duplicates + e.limits_met) + count(e.accepted_at))::integer as received, count(e.processed_at)::integer as processed,
      sum(e.failures)::integer as failed, sum(e.duplicates)::integer as duplicates,
      sum(e.limits_met)::integer as limited, sum(e.times_queued)::integer as queued
    from private.inbound_emails e where e.workspace_id in ${tx(mailWorkspaces)}
    group by e.workspace_id order by e.workspace_id`
  const domains = await tx`
    select coalesce(c.workspace_id, d.workspace_id) as workspace_id
    from (
      select h.workspace_id, sum(h.received) as received, sum(h.duplicates) as duplicates, sum(h.limited) as limited
      from private.inbound_email_hours h group by h.workspace_id
    ) c
    full join (
      select o.workspace_id, sum(o.received) as received, sum(o.duplicates) as duplicates, sum(o.limited) as limited
      from private.inbound_email_domains o group by o.workspace_id
    ) d on d.workspace_id = c.workspace_id
    where (c.received, c.duplicates, c.limited) is distinct from (d.received, d.duplicates, d.limited)`
  const isEqual = JSON.stringify([...counted]) === JSON.stringify([...rows])
  return [
    ...(isEqual
      ? []
      : [`the counts are ${JSON.stringify([...counted])}, the rows ${JSON.stringify([...rows])}`]),
    ...domains.map((row) => `the domains of ${row['workspace_id']} have other counts than its hours`),
  ]
}

/** The figures that people see, by the day and by the hour, equal the counts, and their times the rows. The run takes less than a day. */
async function figureFaults(tx: TransactionSql): Promise<string[]> {
  const different = await tx`
    select w.id, kinds.kind, shown.figures, counted.counts
    from public.workspaces w
    cross join (values ('daily'), ('hourly')) kinds (kind)
    cross join lateral (
      select jsonb_build_array(sum((p ->> 'received')::bigint), sum((p ->> 'processed')::bigint), sum((p ->> 'failed')::bigint),
        sum((p ->> 'duplicates')::bigint), sum((p ->> 'limited')::bigint), sum((p ->> 'queued')::bigint),
        coalesce(sum((p ->> 'slow')::bigint), 0), coalesce(sum((p ->> 'processingMs')::numeric), 0),
        coalesce(max((p ->> 'processingMsMax')::numeric), 0)) as figures
      from jsonb_array_elements(public.inbound_email_figures(w.id, 2) -> 'periods') p where p ->> 'kind' = kinds.kind
    ) shown
    cross join lateral (
      select count(*) filter (where e.processing_ms > 200) as slow, coalesce(sum(e.processing_ms), 0) as total,
        coalesce(max(e.processing_ms), 0) as longest
      from private.inbound_emails e where e.workspace_id = w.id
    ) timed
    cross join lateral (
      select jsonb_build_array(sum(h.received), sum(h.processed), sum(h.failed), sum(h.duplicates), sum(h.limited),
        sum(h.queued), timed.slow, timed.total, timed.longest) as counts
      from private.inbound_email_hours h where h.workspace_id = w.id
    ) counted
    where w.id in ${tx(mailWorkspaces)} and shown.figures is distinct from counted.counts`
  return different.map(
    (row) =>
      `the ${row['kind']} figures of ${row['id']} are ${JSON.stringify(row['figures'])}, the counts and rows ${JSON.stringify(row['counts'])}`,
  )
}

/** A killed Worker loses what it has not reported yet, which is documented. No report counts twice. */
async function redisCountFaults(tx: TransactionSql, senders: readonly MailSender[]): Promise<string[]> {
  const [row] = await tx`
    select coalesce(sum(h.redis_duplicates + h.redis_limited), 0)::integer as answered
    from private.inbound_email_hours h where h.workspace_id in ${tx(mailWorkspaces)}`
  const answered = Number(row?.['answered'])
  const answeredMax = senders.reduce((sum, sender) => sum + sender.redisAnswersMax, 0)
  return answered <= answeredMax
    ? []
    : [`Redis answered for at most ${answeredMax} messages, but ${answered} are counted`]
}

/** No hour holds more than a limit, to the message, and nobody was refused who had not met one. The run takes less than an hour. */
async function limitFaults(tx: TransactionSql, senders: readonly MailSender[]): Promise<string[]> {
  const accepted = await tx`
    select e.workspace_id, e.sender, e.sender_domain,
      count(*) over (partition by e.workspace_id, e.sender order by e.accepted_at::timestamptz
        range between interval '1 hour' preceding and current row)::integer as of_sender,
      count(*) over (partition by e.workspace_id, e.sender_domain order by e.accepted_at::timestamptz
        range between interval '1 hour' preceding and current row)::integer as of_domain
    from private.inbound_emails e where e.workspace_id in ${tx(mailWorkspaces)} and e.accepted_at is not null`
  const most = new Map<string, number>()
  for (const row of accepted) {
    for (const [name, count] of [
      [row['sender'], row['of_sender']],
      [row['sender_domain'], row['of_domain']],
    ]) {
      const key = keyOf(String(row['workspace_id']), String(name))
      most.set(key, Math.max(most.get(key) ?? 0, Number(count)))
    }
  }
  const reached = (workspace: MailWorkspace, { from }: TestMessage) =>
    (most.get(keyOf(workspace, from)) ?? 0) >= mailLimits.sender ||
    (most.get(keyOf(workspace, from.split('@')[1] ?? '')) ?? 0) >= mailLimits.domain
  const tooEarly = senders
    .flatMap(({ sent }) => sent)
    .filter(
      ({ isLimited, message }) => isLimited && !message.workspaces.some((each) => reached(each, message)),
    )
  return [
    ...[...most]
      .filter(([key, count]) => count > (key.includes('@') ? mailLimits.sender : mailLimits.domain))
      .map(([key, count]) => `${count} messages of ${key} were taken within an hour`),
    ...tooEarly.map(({ message }) => `${message.from} was refused "${message.subject}" below every limit`),
  ]
}

/** When the database refused a message, one of its limits was met by what it had taken in the hour before. */
async function refusalFaults(tx: TransactionSql): Promise<string[]> {
  const early = await tx`
    select e.workspace_id, e.sender
    from private.inbound_emails e
    where e.workspace_id in ${tx(mailWorkspaces)} and e.limited_at is not null
      and (
        select count(*) from private.inbound_emails o
        where o.workspace_id = e.workspace_id and o.sender = e.sender
          and o.accepted_at <= e.limited_at and o.accepted_at > e.limited_at - interval '1 hour'
      ) < ${mailLimits.sender}
      and (
        select count(*) from private.inbound_emails o
        where o.workspace_id = e.workspace_id and o.sender_domain = e.sender_domain
          and o.accepted_at <= e.limited_at and o.accepted_at > e.limited_at - interval '1 hour'
      ) < ${mailLimits.domain}`
  return early.map((row) => `${row['workspace_id']} refused a message of ${row['sender']} below every limit`)
}

function keyOf(workspace: string, name: string): string {
  return `${workspace} ${name}`
}
