import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { databaseWebhookSchema } from '../../shared/contract/invalidation.ts'
import { limits } from '../../shared/limits.ts'
import { familyAt } from '../../shared/tags/families.ts'
import { type Move, outboxMoveSchema, tagsMovedBy } from '../../shared/tags/moves.ts'
import { familyTag, nameOf, type Tag, workspaceTag } from '../../shared/tags/tags.ts'
import { webhookConcerns } from '../../worker/ledger/webhook-concerns.ts'
import { type HostedDatabase, type HostedServer, startHostedServer } from './hosted.ts'

let server: HostedServer
let database: HostedDatabase

/**
 * A webhook as Supabase's dashboard makes one: a row trigger on the table, whose function builds the payload and passes it
 * to pg_net (supabase/postgres, supabase_functions.http_request). Here the payload is stored instead of sent.
 */
const webhooks = `
  create schema supabase_functions;
  create table supabase_functions.sent (id bigint generated always as identity, body text not null);
  create function supabase_functions.http_request() returns trigger language plpgsql security definer as $$
  begin
    insert into supabase_functions.sent (body) values (jsonb_build_object(
      'old_record', old, 'record', new, 'type', tg_op, 'table', tg_table_name, 'schema', tg_table_schema
    )::text);
    return coalesce(new, old);
  end
  $$;`
const tables = ['workspaces', 'memberships', 'boards', 'board_columns', 'contacts', 'cache_settings']

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('America/St_Johns')
  await database.owner.unsafe(webhooks)
  for (const table of tables)
    await database.owner.unsafe(`
      create trigger hook after insert or update or delete on public.${table}
      for each row execute function supabase_functions.http_request()`)
  await database.owner`insert into public.segments (workspace_id, id, name, filters) values ('w1', 's1', 'High', '{high_priority}')`
  // A customer's own columns are in the payload too.
  await database.owner`alter table public.contacts add column crm_number bigint default 9007199254740993`
})

afterAll(async () => {
  await server.stop()
})

beforeEach(async () => {
  await database.owner`delete from supabase_functions.sent`
  await database.owner`delete from private.outbox`
})

type Moved = Record<string, ReadonlySet<Tag>>

/** The tags of each workspace, without duplicates. */
function united(events: readonly { readonly workspaceId: string; readonly moves: readonly Move[] }[]): Moved {
  const byWorkspace = Map.groupBy(events, ({ workspaceId }) => workspaceId)
  return Object.fromEntries(
    [...byWorkspace].map(([workspaceId, each]) => [
      workspaceId,
      new Set(each.flatMap(({ moves }) => moves.flatMap(tagsMovedBy))),
    ]),
  )
}

/** The names of the tags that `by` does not move, by themselves, with their family or with the workspace. */
function notMoved(tags: ReadonlySet<Tag>, by: ReadonlySet<Tag> | undefined): string[] {
  const isMoved = (tag: Tag) =>
    by?.has(tag) === true || by?.has(workspaceTag) === true || by?.has(familyTag(familyAt(tag).name)) === true
  return [...tags].filter((tag) => !isMoved(tag)).map(nameOf)
}

/** The tags that the row webhooks of a write move at the Worker, and the moves of its statement triggers. */
async function movedBy(write: string): Promise<{ webhooks: Moved; outbox: Moved; posted: unknown[] }> {
  await database.owner.unsafe(write)
  const sent = await database.owner`select body from supabase_functions.sent order by id`
  const posted = sent.map((row) => {
    const body = String(row['body'])
    expect(body.length).toBeLessThan(limits.requestBodyBytesMax)
    return databaseWebhookSchema.parse(JSON.parse(body))
  })
  const events = posted.flatMap((webhook) => {
    const moved = webhookConcerns(webhook)
    if (!moved.ok) throw new Error(`${webhook.schema}.${webhook.table}: ${moved.error.message}`)
    return [...moved.value].map(([workspaceId, { moves }]) => ({ workspaceId, moves }))
  })
  const rows = await database.owner`select workspace_id as "workspaceId", tags as moves from private.outbox`
  const outbox = z
    .array(z.object({ workspaceId: z.string(), moves: z.array(outboxMoveSchema) }))
    .parse([...rows])
  return { webhooks: united(events), outbox: united(outbox), posted }
}

const contact = (id: string, more: string) =>
  `insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
   values ('w1', '${id}', 'b1', 'c1', 'Zoë') ${more}`

describe('the row webhooks of a write move everything that its statement triggers move', () => {
  test.each([
    ['a contact that is made', contact('k1', '')],
    ['a contact that is changed', `update public.contacts set name = 'X' where id = 'k1'`],
    [
      'a contact that gets a number and an address, in notations of their own',
      `update public.contacts set phone = '(030) 12-345 67 ext. 8', email = 'Ann+x@STRASSE.example' where id = 'k1'`,
    ],
    [
      'a contact that gets other ones, and enters a segment',
      `update public.contacts set phone = '+49 30 ٧٦٥٤', email = 'ann@Straße.example', priority = 'high' where id = 'k1'`,
    ],
    [
      'a contact that moves to another column',
      `update public.contacts set board_column_id = 'c2' where id = 'k1'`,
    ],
    ['a contact that moves to another board', `update public.contacts set board_id = 'b2' where id = 'k1'`],
    [
      'a contact that moves to another workspace, and so to another partition',
      `update public.contacts set workspace_id = 'w2' where id = 'k1'`,
    ],
    ['a contact that is removed', `delete from public.contacts where id = 'k1'`],
    ['a contact whose id the API cannot name', contact('kontakt_ä', '')],
    [
      'a wide contact',
      `update public.contacts set
      tags = array_fill(repeat('ä', 100), array[50]), last_message = repeat('€', 4000) where id = 'kontakt_ä'`,
    ],
    ['a board', `insert into public.boards (workspace_id, id, name) values ('w1', 'b9', 'Nine')`],
    ['a board that is renamed', `update public.boards set id = 'b8' where id = 'b9'`],
    [
      'a column',
      `insert into public.board_columns (workspace_id, board_id, id, name) values ('w1', 'b8', 'c9', 'X')`,
    ],
    ['a column that is removed', `delete from public.board_columns where id = 'c9'`],
    [
      'a board that is deleted with its contacts',
      `delete from public.boards where workspace_id = 'w1' and id = 'b1'`,
    ],
    ['a membership', `insert into public.memberships (workspace_id, user_id) values ('w1', 'new')`],
    ['a membership that is removed', `delete from public.memberships where user_id = 'new'`],
    ['settings', `insert into public.cache_settings (workspace_id) values ('w1')`],
    ['settings that change', `update public.cache_settings set settings = '{"cacheEnabled": false}'`],
    ['a workspace', `insert into public.workspaces (id, name) values ('w3', 'Three')`],
    ['a workspace that is removed with all that it holds', `delete from public.workspaces where id = 'w2'`],
  ])('%s', async (_name, write) => {
    const { webhooks, outbox } = await movedBy(write)
    expect(Object.keys(webhooks).toSorted()).toEqual(Object.keys(outbox).toSorted())
    expect(Object.keys(webhooks)).not.toEqual([])
    for (const [workspaceId, tags] of Object.entries(outbox))
      expect(notMoved(tags, webhooks[workspaceId])).toEqual([])
  })
})

test('Supabase’s payload of a contact names the partition and not the table', async () => {
  const { posted } = await movedBy(contact('named', `on conflict do nothing`).replace(`'b1'`, `'b2'`))
  expect(posted).toEqual([
    {
      type: 'INSERT',
      schema: 'private',
      table: expect.stringMatching(/^contacts_\d\d$/),
      record: expect.objectContaining({ workspace_id: 'w1', crm_number: 9_007_199_254_740_992 }),
      old_record: null,
    },
  ])
})
