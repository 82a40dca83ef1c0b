import { createClient } from '@supabase/supabase-js'
import { contactContentBytes } from '../../shared/contract/contacts.ts'
import { limits } from '../../shared/limits.ts'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

/** A measurement in bytes or milliseconds, and the bound that it must not exceed. */
interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: 'bytes' | 'ms' | 'refused'
  readonly bound: number | null
}

const place = { board_id: 'board_2', board_column_id: 'col_21' }

/** Creates contacts with as many bytes as the database accepts. A page of them is the largest possible page. */
async function makeLargestContacts({ sql }: TestStack): Promise<void> {
  // A control character takes six bytes of JSON.
  const tags = Array(limits.contactTagsMax).fill('\u0001'.repeat(limits.contactTagCharactersMax))
  const rest =
    limits.contactContentBytesMax - contactContentBytes({ name: 'Largest 100', status: 'open', tags })
  const last_message = '\u0001'.repeat(Math.min(Math.floor(rest / 6), limits.messageCharactersMax))
  await sql`
    insert into public.contacts (workspace_id, id, board_id, board_column_id, name, tags, last_message, created_at)
    select '15213', 'largest_' || n, ${place.board_id}, ${place.board_column_id}, 'Largest ' || n,
      ${tags}, ${last_message}, now() + interval '1 day'
    from generate_series(1, ${limits.perPageMax}::int) n`
}

async function measureLargestPage(stack: TestStack): Promise<Figure[]> {
  await makeLargestContacts(stack)
  const [row] = await stack.sql`
    select octet_length(private.contacts_shown(
      '15213', array(select id from public.contacts where workspace_id = '15213' and id like 'largest_%')
    )::text) as bytes`
  const params = {
    boardId: place.board_id,
    columnId: null,
    filter: 'all',
    search: null,
    sortBy: 'created_at',
    sortOrder: 'desc',
    perPage: limits.perPageMax,
    page: 1,
    cursor: null,
  }
  const atOrigin = await load(stack, 'contact-list', params)
  const query = `per_page=${limits.perPageMax}`
  const atWorker = await stack.api().get(`/api/boards/${place.board_id}/contacts?${query}`)
  if (atWorker.status !== 200) throw new Error(`the largest page is answered with ${atWorker.status}`)
  return [
    { name: 'the largest page in Postgres', value: Number(row?.['bytes']), unit: 'bytes', bound: null },
    {
      name: 'the same page at the origin',
      value: atOrigin.length,
      unit: 'bytes',
      bound: limits.answerBytesMax,
    },
    {
      name: 'the same page at the Worker',
      value: Buffer.byteLength(atWorker.text),
      unit: 'bytes',
      bound: limits.entryBytesMax,
    },
  ]
}

/** The origin's answer to a load of the Worker. */
async function load(stack: TestStack, resource: string, params: object): Promise<Buffer> {
  const answer = await ask(`${stack.origin}/load/${resource}`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${stack.internalAuthKey}`,
      'X-Caller-Token': stack.tokens.admin,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ workspaceId: '15213', userId: null, version: crypto.randomUUID(), params }),
  })
  if (answer.status !== 200) throw new Error(`the origin answers ${resource} with ${answer.status}`)
  return Buffer.from(answer.text)
}

const assignees = 60_000

async function measureCounts(stack: TestStack): Promise<Figure[]> {
  // Some assignees have more than one contact, so that the entry names as many as it ever does.
  await stack.sql`
    insert into public.contacts (workspace_id, id, board_id, board_column_id, name, assigned_to)
    select '15213', 'assigned_' || n || '_' || k, 'board_1', 'col_11', 'Assigned',
      md5('user' || n)::uuid::text
    from generate_series(1, ${assignees}::int) n
    cross join lateral generate_series(1, case when n <= 1000 then 2 else 1 end) k`
  const unfolded = () =>
    stack.sql`select from private.assignee_tallies where not is_folded limit 1`.then(({ count }) => count)
  await eventually(async () => (await unfolded()) === 0, { deadlineMs: 120_000 })
  const entry = await load(stack, 'contact-counts', {})
  const [row] = await stack.sql<{ bytes: number }[]>`
    select octet_length(jsonb_object_agg(assigned_to, contacts)::text) as bytes
    from (
      select assigned_to, sum(contacts) as contacts from private.assignee_tallies
      where workspace_id = '15213' group by 1
    ) each`
  return [
    {
      name: `the counts' entry with ${assignees} assignees`,
      value: entry.length,
      unit: 'bytes',
      bound: limits.countsBytesMax,
    },
    { name: 'if it named all of them', value: row?.bytes ?? 0, unit: 'bytes', bound: null },
    ...(await measureQueries(stack)),
  ]
}

async function measureQueries({ sql }: TestStack): Promise<Figure[]> {
  const medianMs = async (query: string) => {
    const times: number[] = []
    for (let round = 0; round < 21; round += 1) {
      const startedAtMs = performance.now()
      await sql.unsafe(query)
      times.push(performance.now() - startedAtMs)
    }
    return times.toSorted((one, other) => one - other)[10] ?? 0
  }
  const max = limits.countedAssigneesMax
  return [
    {
      name: 'finding the assignees it names, p50',
      value: await medianMs(`select length(private.assignee_counts('15213', ${max})::text)`),
      unit: 'ms',
      bound: null,
    },
    {
      name: "one user's own, p50",
      value: await medianMs("select private.contacts_of('15213', 'nobody')"),
      unit: 'ms',
      bound: null,
    },
  ]
}

/** Writes that Supabase's interface must refuse, one for each kind of size. */
const oversized: readonly (readonly [string, object])[] = [
  ['50 tags of 200,000 characters', { tags: Array(50).fill('t'.repeat(200_000)) }],
  ['one tag of 101 characters', { tags: ['t'.repeat(101)] }],
  ['51 tags', { tags: Array(51).fill('t') }],
  ['a message of 4,001 characters', { last_message: 'm'.repeat(4_001) }],
  [
    'more bytes than a contact has, each field within its own bound',
    { tags: Array(50).fill('😀'.repeat(100)), last_message: '😀'.repeat(4_000) },
  ],
  ['an instant of the year 10000', { last_activity_at: '10000-01-01T00:00:00Z' }],
  ['an instant before the year 1', { created_at: '0044-03-15T12:00:00Z BC' }],
]

async function measureRefusals(stack: TestStack): Promise<Figure[]> {
  const { url, publishableKey } = stack.supabase
  const member = createClient(url, publishableKey, {
    global: { headers: { Authorization: `Bearer ${stack.tokens.member}` } },
  })
  const figures: Figure[] = []
  for (const [name, fields] of oversized) {
    const contact = { workspace_id: '15213', ...place, id: 'oversized', name: 'Oversized', ...fields }
    const { error } = await member.from('contacts').insert(contact)
    figures.push({ name, value: error?.code === '23514' ? 1 : 0, unit: 'refused', bound: null })
  }
  return figures
}

function shown({ value, unit }: Figure): string {
  if (unit === 'refused') return value === 1 ? 'refused' : 'TAKEN'
  return unit === 'ms' ? `${value.toFixed(1)} ms` : `${value.toLocaleString('en')} bytes`
}

/**
 * Measures how large answers become at most, whatever a member writes. Prints a line for each and answers those that
 * exceed their bound.
 */
export async function measureSizes(): Promise<string[]> {
  const stack = await startTestStack({ contacts: 2_000, hasComparisons: true })
  try {
    const figures = [
      ...(await measureLargestPage(stack)),
      ...(await measureCounts(stack)),
      ...(await measureRefusals(stack)),
    ]
    console.log('\nThe largest sizes that a member can cause\n')
    for (const figure of figures) {
      const bound = figure.bound === null ? '' : ` (at most ${figure.bound.toLocaleString('en')})`
      console.log(`${figure.name}: ${shown(figure)}${bound}`)
    }
    return figures
      .filter(({ value, unit, bound }) => value > (bound ?? value) || (unit === 'refused' && value !== 1))
      .map(({ name }) => `a size is over its bound: ${name}`)
  } finally {
    await stack.stop()
  }
}
