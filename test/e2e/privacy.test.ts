import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { resources } from '../../shared/resources/index.ts'
import { cases } from '../resources/cases/index.ts'
import { fillPlaces, placesAt, tell } from '../resources/story.ts'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack({ contacts: 500 })
  // Rows of the outbox are gone once the relay has delivered them: a copy of each is kept.
  await stack.sql.unsafe(`
    create table private.kept_outbox (row text not null);
    create function private.keep_outbox() returns trigger language plpgsql security definer as $$
    begin
      insert into private.kept_outbox values (new::text);
      return null;
    end $$;
    create trigger kept after insert on private.outbox for each row execute function private.keep_outbox()`)
})
afterAll(async () => {
  await stack?.stop()
})

/** Values that stand nowhere else. Each holds its mark, in the letters and digits that no digest or number has by chance. */
const marked = {
  email: 'zqmail.person@zqmail.example',
  phone: '+49 30 0987612345',
  name: 'Zqname Person',
  message: 'Zqmessage for you',
  source: 'zqsource',
  tag: 'zqtag',
  search: 'zqsearch',
  board: 'Zqboard name',
  column: 'Zqcolumn name',
  workspace: 'Zqworkspace name',
}
const marks =
  /zq(?:mail|name|message|source|tag|search|board|column|workspace|domain|label|state|status|subject|summary|template)|0987612345|098 ?761|4155552671/i

const contactSchema = z.object({ data: z.object({ contact: z.object({ id: z.string() }) }) })

/** Everything that a day brings, with the marks in every place where somebody may put one. */
async function liveThroughIt(): Promise<string[]> {
  const { worker, origin, internalAuthKey, sql } = stack
  await sql`update workspaces set name = ${marked.workspace} where id = '15213'`
  await sql`update boards set name = ${marked.board} where workspace_id = '15213' and id = 'board_1'`
  await sql`
    update board_columns set name = ${marked.column} where workspace_id = '15213' and board_id = 'board_1' and id = 'col_11'`
  const send = (method: string, url: string, body: unknown, token = stack.tokens.admin) =>
    ask(url, {
      method,
      headers: {
        ...{ Authorization: `Bearer ${token}`, 'X-Workspace-ID': '15213' },
        'Content-Type': 'application/json',
      },
      body: JSON.stringify(body),
    })
  const contact = {
    ...{ board_id: 'board_1', board_column_id: 'col_11', name: marked.name, email: marked.email },
    ...{ phone: marked.phone, last_message: marked.message, source: marked.source, tags: [marked.tag] },
  }
  const created = await send('POST', `${worker}/api/contacts`, contact)
  const { id } = contactSchema.parse(JSON.parse(created.text)).data.contact
  await send('PATCH', `${worker}/api/contacts/${id}`, { name: `${marked.name} again` })
  await send('POST', `${worker}/api/contacts/${id}/move`, { board_id: 'board_1', board_column_id: 'col_12' })
  await send('POST', `${origin}/contacts/import`, { contacts: [contact] })
  // A sentence or a log line is most likely to repeat its input when the input is refused.
  await send('POST', `${worker}/api/contacts`, { ...contact, priority: marked.name, [marked.search]: 1 })
  await send('PATCH', `${worker}/api/contacts/${encodeURIComponent(marked.email)}`, { status: '' })
  const event = { workspaceId: '15213', boardId: 'board_1', contactId: id, action: 'contact_updated' }
  await send('POST', `${worker}/api/cache/invalidate`, { ...event, eventId: marked.email }, internalAuthKey)
  await send('POST', `${worker}/api/cache/invalidate`, { ...event, action: marked.name }, internalAuthKey)
  const webhook = { type: 'UPDATE', schema: 'public', table: 'contacts', old_record: null }
  const record = { workspace_id: '15213', id, ...contact }
  await send('POST', `${worker}/api/cache/invalidate`, { ...webhook, record }, internalAuthKey)

  await stack.api().changeSettings({ features: { search: true } })
  const queries = [marked.search, marked.email, marked.phone, marked.name].map(
    (text) => `search=${encodeURIComponent(text)}`,
  )
  const explanations: string[] = []
  for (const query of [...queries, ...queries, 'filter=all', 'filter=all', 'column_id=col_12']) {
    const page = await stack.api().page('board_1', query, { 'X-Explain': '1' })
    explanations.push(JSON.stringify(page._cache.explanation))
  }
  await stack.api().get(`/api/boards/board_1/contacts?filter=${marked.search}&${marked.search}=1`)
  await stack.api().get(`/api/${marked.search}/${encodeURIComponent(marked.email)}`)
  await send('DELETE', `${worker}/api/contacts/${id}`, undefined)
  return explanations
}

/** Asks for every cached resource, as a member and as the backend, and changes and deletes what it is about. */
async function askEverything(): Promise<string[]> {
  const now = new Date().toISOString()
  const { here } = placesAt(now)
  await fillPlaces(stack, Object.values(cases), now)
  const explanations: string[] = []
  for (const resource of resources) {
    const each = cases[resource.name]
    for (const sql of ['', each.write(here), each.deletion(here), each.creation(here)]) {
      await stack.sql.unsafe(sql)
      for (const path of [each.there(here), each.notThere(here)]) {
        for (const caller of resource.callers) await tell(stack, resource, here, path, caller)
        const explained = await stack.api().get(path, { 'X-Explain': '1' })
        if (explained.status === 200) explanations.push(JSON.stringify(explanationIn(explained.text)))
      }
    }
  }
  return explanations
}

const explainedSchema = z.object({
  data: z.union([
    z
      .object({ _cache: z.object({ explanation: z.unknown() }) })
      .transform(({ _cache }) => _cache.explanation),
    z.object({ _explanation: z.unknown() }).transform(({ _explanation }) => _explanation),
  ]),
})

function explanationIn(text: string): unknown {
  return explainedSchema.parse(JSON.parse(text)).data
}

/** The files that the Worker keeps, a character for each byte: the storage of the Durable Objects, or that of KV and the edge cache. */
async function storedText(kind: 'objects' | 'entries'): Promise<string> {
  const folder = join(dirname(stack.logs), 'worker')
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const isOfObject = (path: string) => path.slice(folder.length).split(/[/\\]/).includes('do')
  const chosen = paths.filter((path) => isOfObject(path) === (kind === 'objects'))
  return (await Promise.all(chosen.map((path) => readFile(path, 'latin1')))).join('\n')
}

it('no address, number, name or search text stands in ledgers, outbox, explanations, metrics or log lines', async () => {
  const explanations = [...(await liveThroughIt()), ...(await askEverything())]
  const lastRequest = 'the-last-request-of-privacy'
  await stack.api().get('/api/boards/board_1/contacts', { 'X-Request-ID': lastRequest })
  const logOf = (piece: 'worker' | 'origin') => readFile(join(stack.logs, `${piece}.log`), 'utf8')
  await eventually(async () => (await logOf('worker')).includes(lastRequest))
  await eventually(
    async () => Number((await stack.sql`select count(*) from private.outbox`)[0]?.['count']) === 0,
  )

  const rows = await stack.sql<{ row: string }[]>`select row from private.kept_outbox`
  expect(rows.length).toBeGreaterThan(4)
  const authorization = { Authorization: `Bearer ${stack.internalAuthKey}` }
  const metrics = await Promise.all(
    [
      ...[`${stack.worker}/metrics`, `${stack.worker}/metrics?format=prometheus`],
      ...[`${stack.origin}/metrics`, `${stack.origin}/metrics?format=prometheus`],
    ].map(async (url) => (await ask(url, { headers: authorization })).text),
  )
  const searched: Readonly<Record<string, string>> = {
    ledgers: await storedText('objects'),
    outbox: rows.map(({ row }) => row).join('\n'),
    explanations: explanations.join('\n'),
    metrics: metrics.join('\n'),
    'log of the Worker': await logOf('worker'),
    'log of the origin': await logOf('origin'),
  }
  for (const [place, text] of Object.entries(searched)) {
    expect([place, text.length > 100]).toEqual([place, true])
    const at = text.search(marks)
    expect([place, at < 0 ? null : text.slice(Math.max(0, at - 80), at + 80)]).toEqual([place, null])
  }
})

it('the marks are found where they belong: in the database, and in the entries on disk, which are searched as the ledgers are', async () => {
  const names = await stack.sql`select name from boards where workspace_id = '15213' and id = 'board_1'`
  expect(String(names[0]?.['name'])).toMatch(marks)
  expect(await storedText('entries')).toMatch(marks)
})
