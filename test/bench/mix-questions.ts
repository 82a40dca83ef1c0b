import type postgres from 'postgres'
import { z } from 'zod'
import type { ResourceName } from '../../shared/resources/index.ts'

/** The workspace that is in use (lively-data.sql), whose answers are read, and the one that the flood of writes is about. */
export const readWorkspaceId = '15214'
export const floodedWorkspaceId = '15213'

/** A question as a caller puts it. */
export interface MixedQuestion {
  readonly resource: ResourceName
  readonly path: string
  readonly workspaceId: string
  /** The user whose answer it is, where each user has one; only the backend may name another user than itself. */
  readonly userId: string | null
  /** Whether members may put it, or the backend alone. */
  readonly isForMembers: boolean
}

/** The questions about one resource: some that are put again and again, and many that nobody has put before. */
export interface QuestionsOf {
  readonly hot: readonly MixedQuestion[]
  /** Null if there are no others than the hot ones. */
  readonly cold: ((number: number) => MixedQuestion) | null
}

/** How many questions about a resource are hot, if there are so many. */
const hotMax = 20
/** How many rows are made of what the reference data has only a few of. */
const madeRows = 5_000

const namesSchema = z.array(z.object({ name: z.string() })).min(2 * hotMax)

/** Makes enough campaigns, calls, numbers and folders to ask for. */
async function makeRows(sql: postgres.Sql): Promise<void> {
  await sql`
    insert into campaigns (workspace_id, id, name)
    select ${readWorkspaceId}, 'mix-campaign-' || n, 'Campaign ' || n from generate_series(0, ${madeRows - 1}::int) n`
  await sql`
    insert into call_sessions (workspace_id, id, state)
    select ${readWorkspaceId}, 'mix-call-' || n, '{"step": "offer"}' from generate_series(0, ${madeRows - 1}::int) n`
  await sql`
    insert into phone_numbers (phone, workspace_id, label)
    select '+1212555' || lpad(n::text, 4, '0'), ${readWorkspaceId}, 'Desk ' || n from generate_series(0, ${madeRows - 1}::int) n`
  await sql`
    insert into mailbox_folders (workspace_id, user_id, folder)
    select ${readWorkspaceId}, 'mix-user-' || n, 'inbox' from generate_series(0, ${madeRows - 1}::int) n`
}

/** Fills what the mix needs besides the reference data, and answers the questions about every resource. */
export async function prepareQuestions(
  sql: postgres.Sql,
): Promise<Readonly<Record<ResourceName, QuestionsOf>>> {
  await makeRows(sql)
  /** Names in an order that has nothing to do with that of the rows. */
  const listOf = async (rows: postgres.PendingQuery<postgres.Row[]>) =>
    namesSchema.parse(await rows).map(({ name }) => encodeURIComponent(name))
  const leads = await listOf(sql`
    select id as name from contacts where workspace_id = ${readWorkspaceId} order by md5(id)`)
  const emails = await listOf(sql`
    select email as name from contacts where workspace_id = ${readWorkspaceId} and email <> '' order by md5(id)`)
  const phones = await listOf(sql`
    select phone as name from contacts where workspace_id = ${readWorkspaceId} and phone like '+3069%' order by md5(id)`)
  const talkedWith = await listOf(sql`
    select contact_id as name from conversation_summaries where workspace_id = ${readWorkspaceId} group by 1 order by md5(contact_id)`)
  const companies = await listOf(sql`
    select id as name from companies where workspace_id = ${readWorkspaceId} order by md5(id)`)
  const domains = await listOf(sql`
    select domain as name from company_domains where workspace_id = ${readWorkspaceId} order by md5(domain)`)
  const threads = await listOf(sql`
    select id as name from threads where workspace_id = ${readWorkspaceId} order by md5(id)`)
  const communications = await listOf(sql`
    select id as name from communications where workspace_id = ${readWorkspaceId} order by md5(id)`)

  const made = (name: string) => Array.from({ length: madeRows }, (_, number) => `${name}-${number}`)
  const users = made('mix-user')
  return {
    'contact-list': boards(),
    'contact-counts': single('contact-counts', `/api/cache-settings/workspace/${readWorkspaceId}/counts`),
    contact: listed('contact', leads, (id) => `/api/contacts/${id}`),
    'contact-by-email': listed(
      'contact-by-email',
      emails,
      (email) => `/api/contacts/by-email?email=${email}`,
    ),
    lead: listed('lead', leads, (id) => `/api/leads/${id}`),
    'lead-by-phone': listed('lead-by-phone', phones, (phone) => `/api/leads/by-phone?phone=${phone}`),
    'lead-status': listed('lead-status', leads, (id) => `/api/leads/${id}/status`),
    'lead-history': listed('lead-history', leads, (id) => `/api/leads/${id}/history?limit=20`),
    'lead-summary': listed('lead-summary', talkedWith, (id) => `/api/leads/${id}/summary`),
    'lead-context': listed('lead-context', leads, (id) => `/api/leads/${id}/context`),
    'lead-greeting': listed('lead-greeting', leads, (id) => `/api/leads/${id}/greeting?channel=voice`),
    'lead-control': listed('lead-control', leads, (id) => `/api/leads/${id}/control`),
    'call-session': listed('call-session', made('mix-call'), (id) => `/api/calls/${id}/session`),
    'company-by-domain': listed(
      'company-by-domain',
      domains,
      (domain) => `/api/companies/by-domain?domain=${domain}`,
    ),
    'company-communications': listed(
      'company-communications',
      companies,
      (id) => `/api/companies/${id}/communications`,
    ),
    thread: listed('thread', threads, (id) => `/api/threads/${id}`),
    'communication-attachments': listed(
      'communication-attachments',
      communications,
      (id) => `/api/communications/${id}/attachments`,
    ),
    'campaign-stats': listed('campaign-stats', made('mix-campaign'), (id) => `/api/campaigns/${id}/stats`),
    'segment-count': segments(),
    analytics: listed(
      'analytics',
      Array.from({ length: 365 }, (_, day) => String(day + 1)),
      (days) => `/api/analytics/dashboard?days=${days}`,
    ),
    dashboard: ofUsers('dashboard', users, '/api/dashboard'),
    permissions: ofUsers('permissions', users, '/api/users/me/permissions'),
    mailbox: ofUsers('mailbox', users, '/api/mailboxes/me/inbox'),
    'webhook-sources': single('webhook-sources', '/api/webhook-sources'),
    'workspace-config': single('workspace-config', '/api/workspace/config'),
    'organization-by-phone': organizations(),
  }
}

function question(resource: ResourceName, path: string, more: Partial<MixedQuestion> = {}): MixedQuestion {
  return { resource, path, workspaceId: readWorkspaceId, userId: null, isForMembers: true, ...more }
}

const single = (resource: ResourceName, path: string): QuestionsOf => ({
  hot: [question(resource, path)],
  cold: null,
})

/** Questions in an order: the first ones are hot, the others are put in turn. */
function inTurn(questions: readonly MixedQuestion[]): QuestionsOf {
  const others = questions.slice(hotMax)
  return {
    hot: questions.slice(0, hotMax),
    cold: (number) => {
      const chosen = others[number % others.length]
      if (chosen === undefined) throw new Error('there are only hot questions')
      return chosen
    },
  }
}

const listed = (resource: ResourceName, names: readonly string[], path: (name: string) => string) =>
  inTurn(names.map((name) => question(resource, path(name))))

const ofUsers = (resource: ResourceName, users: readonly string[], path: string) =>
  inTurn(users.map((userId) => question(resource, path, { userId, isForMembers: false })))

const organizations = () =>
  inTurn(
    Array.from({ length: madeRows }, (_, number) => {
      const phone = encodeURIComponent(`+1212555${String(number).padStart(4, '0')}`)
      return question('organization-by-phone', `/api/organizations/by-phone?phone=${phone}`, {
        isForMembers: false,
      })
    }),
  )

/** A workspace has few segments, so the other questions are about segments that it does not have. */
const segments = (): QuestionsOf => ({
  hot: Array.from({ length: 6 }, (_, number) =>
    question('segment-count', `/api/segments/segment_${number + 1}/count`),
  ),
  cold: (number) => question('segment-count', `/api/segments/mix-segment-${number}/count`),
})

/** One of the hot pages is of the workspace that the flood is about: nearly every read of it is a miss. */
function boards(): QuestionsOf {
  const page = (number: number, more = '') =>
    question('contact-list', `/api/boards/board_214/contacts?per_page=20&page=${number}${more}`)
  const flooded = question('contact-list', '/api/boards/board_123/contacts?per_page=20', {
    workspaceId: floodedWorkspaceId,
  })
  const orders = ['created_at', 'updated_at', 'name', 'last_activity_at']
  return {
    hot: [flooded, ...Array.from({ length: hotMax - 1 }, (_, number) => page(number + 1))],
    // Pages far from each other, since the next page is loaded before anybody reads it.
    cold: (number) =>
      page(
        21 + ((number * 37) % 101),
        `&sort_by=${orders[number % orders.length]}&filter=${filterAt(number)}`,
      ),
  }
}

const filterAt = (number: number) =>
  ['all', 'open', 'closed', 'unassigned', 'high_priority', 'medium_priority', 'low_priority'][
    Math.floor(number / 4) % 7
  ]
