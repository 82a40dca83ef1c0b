import { z } from 'zod'
import type { BenchDatabase } from './database-content.ts'
import type { Question, Statement } from './database-questions.ts'

/** How one resource is queried: an SQL expression in which `{name}` is a column of `bench.picks`. */
interface Asked {
  /** The name of the resource, and what is special about the question if there are several. */
  readonly name: string
  readonly call: string
  /** The same figure found by reading the rows that it counts. */
  readonly naive?: string
  /** Only the backend may ask. */
  readonly isOfBackend?: true
  /** A question to the first workspace alone, for what is larger there than elsewhere. */
  readonly isOfTheLarge?: true
}

const lookupGoalMs = 2
const listGoalMs = 5
const rounds = 97
const naiveRounds = 10

const lookups: readonly Asked[] = [
  { name: 'contact', call: 'contact({workspace}, {contact})' },
  { name: 'contact-by-email', call: 'contact_by_email({workspace}, array[{email}])' },
  { name: 'company-by-domain', call: 'company_by_domain({workspace}, {domain})' },
  { name: 'communication-attachments', call: 'communication_attachments({workspace}, {communication})' },
  { name: 'lead-by-phone', call: 'lead_by_phone({workspace}, array[{phone}])' },
  { name: 'lead', call: 'lead({workspace}, {contact})' },
  { name: 'lead-status', call: 'lead_status({workspace}, {contact})' },
  { name: 'lead-summary', call: 'lead_summary({workspace}, {contact})' },
  { name: 'lead-context', call: 'lead_context({workspace}, {contact})' },
  { name: 'lead-greeting', call: 'lead_greeting({workspace}, {contact})' },
  { name: 'lead-control', call: 'lead_control({workspace}, {contact})' },
  { name: 'call-session', call: "call_session({workspace}, bench.id_of('call', {number}))" },
  {
    name: 'organization-by-phone',
    call: "organization_by_phone('+1212' || {workspace} || '01')",
    isOfBackend: true,
  },
  { name: 'permissions', call: 'permissions({workspace}, {user_id})' },
  { name: 'webhook-sources', call: 'webhook_sources({workspace})' },
  { name: 'workspace-config', call: 'workspace_config({workspace})' },
  { name: 'dashboard', call: 'dashboard({workspace}, {user_id})' },
  {
    name: 'campaign-stats',
    call: "campaign_stats({workspace}, bench.id_of('campaign', 1))",
    naive: `
      select outcome, count(*) from public.campaign_sends
      where workspace_id = {workspace} and campaign_id = bench.id_of('campaign', 1) group by 1`,
  },
  {
    name: 'segment-count',
    call: "segment_count({workspace}, bench.id_of('segment', 1))",
    naive: `
      select count(*) from public.contacts
      where workspace_id = {workspace} and priority = 'medium' and not is_archived`,
  },
  { name: 'the region of a number without one', call: 'workspace_region({workspace})' },
  { name: 'what a warm-up asks for', call: 'workspace_needs({workspace})' },
]

const lists: readonly Asked[] = [
  { name: 'company-communications', call: 'company_communications({workspace}, {company}, 100)' },
  { name: 'thread', call: "thread({workspace}, bench.id_of('thread', 1))" },
  {
    name: 'lead-history',
    call: "lead_history({workspace}, bench.id_of('contact', 5), 100, 0, null, null)",
  },
  {
    name: 'lead-history, 9,000 to 10,000 messages back, by offset',
    call: "lead_history({workspace}, bench.id_of('contact', 1), 100, 9000 + 10 * {number}, null, null)",
    isOfTheLarge: true,
  },
  {
    name: 'lead-history, as deep, by cursor',
    call: "lead_history({workspace}, bench.id_of('contact', 1), 100, 0, {deep_at}, {deep_id})",
    isOfTheLarge: true,
  },
  { name: 'mailbox', call: "mailbox({workspace}, {user_id}, 'inbox', 1)" },
  {
    name: 'mailbox, pages 101 to 197 of 12,000 messages',
    call: "mailbox({workspace}, {user_id}, 'archive', 100 + {number})",
    isOfTheLarge: true,
  },
  { name: 'analytics', call: 'analytics({workspace}, 30)' },
]

export const measuredNames: readonly string[] = [...lookups, ...lists].map(({ name }) => name)

const pickSchema = z
  .object({ number: z.string(), workspace: z.string(), user_id: z.string() })
  .catchall(z.string())
type Picked = z.infer<typeof pickSchema>

/** Every resource beside those of the boards. The rounds go through the workspaces, which differ in nothing but their names. */
export async function resourceQuestions({
  sql,
  others,
  contactsEach,
}: BenchDatabase): Promise<readonly Question[]> {
  const picks = z
    .array(pickSchema)
    .parse(await sql`select * from bench.picks(${others}::text[], ${contactsEach}::int, ${rounds})`)
  const [large = ''] = others
  const questionOf =
    (goalMs: number) =>
    ({ name, call, naive, isOfBackend, isOfTheLarge }: Asked): Question => {
      const asked = isOfTheLarge
        ? picks.map((pick) => ({ ...pick, workspace: large, user_id: 'keeper' }))
        : picks
      const role = isOfBackend ? 'service_role' : 'authenticated'
      return {
        name,
        goalMs,
        statements: asked.map((pick) => statementOf(role, `select public.${call}`, pick)),
        naive:
          naive === undefined
            ? []
            : picks.slice(0, naiveRounds).map((pick) => statementOf('postgres', naive, pick)),
      }
    }
  return [...lookups.map(questionOf(lookupGoalMs)), ...lists.map(questionOf(listGoalMs))]
}

function statementOf(role: Statement['role'], call: string, pick: Picked): Statement {
  const text = call.replaceAll(/\{(\w+)\}/g, (_, column: string) => {
    const value = pick[column]
    if (value === undefined) throw new Error(`bench.picks has no column ${column}`)
    return column === 'number' ? value : `'${value.replaceAll("'", "''")}'`
  })
  return { role, workspace: pick.workspace, userId: pick.user_id, text }
}
