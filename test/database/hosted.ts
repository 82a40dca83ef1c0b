import { readdir, readFile, rm } from 'node:fs/promises'
import postgres from 'postgres'
import { takePort } from '../../origin/local/ports.ts'
import { createPostgresPiece } from '../../origin/local/postgres.ts'
import { placeMade, unsafeSettings } from '../support/made-databases.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import type { Claims } from './database.ts'

/**
 * Databases as in a hosted project: made by the migrations alone, under an owner that is no superuser, with the roles and
 * the default privileges of hosted Supabase, and without later grants. They sort texts by a language, where those of the local stack
 * sort by bytes. Supabase Lite, which the other tests query, grants
 * every schema to everybody and pins the time zone.
 */
export interface HostedServer {
  /** A new database with the content below, whose sessions have this time zone. */
  open(timeZone: string): Promise<HostedDatabase>
  stop(): Promise<void>
}

export interface HostedDatabase {
  /** A connection of the project's owner, which runs the migrations and owns their objects. */
  readonly owner: postgres.Sql
  /** The address for further connections of the owner. */
  readonly ownerUrl: string
  /** A transaction as PostgREST begins one for this caller. It commits unless `work` throws. */
  asCaller<Value>(
    caller: Caller,
    work: (sql: postgres.TransactionSql) => Promise<Value>,
    request?: Request,
  ): Promise<Value>
  /** The answer of a SQL function of the API. */
  rpc(caller: Caller, name: string, args: Arguments, request?: Request): Promise<unknown>
}

export type Arguments = Readonly<Record<string, postgres.JSONValue>>

/** A member by the claims of their token, the secret key, or an anonymous caller. */
export type Caller = Claims | 'service_role' | 'anon'

interface Request {
  readonly headers?: Readonly<Record<string, string>>
  /** `Prefer: timezone=…`. */
  readonly timeZone?: string
}

/** Two workspaces, each with two boards of two columns: w1 has the member and the admin, w2 the outsider. */
export const callers = {
  admin: { sub: 'admin' },
  member: { sub: 'member' },
  outsider: { sub: 'outsider' },
} as const satisfies Record<string, Claims>

const content = `
  insert into public.workspaces (id, name) values ('w1', 'One'), ('w2', 'Two');
  insert into public.memberships (workspace_id, user_id, role)
    values ('w1', 'admin', 'admin'), ('w1', 'member', 'member'), ('w2', 'outsider', 'admin');
  insert into public.boards (workspace_id, id, name)
    select w.id, b, b from public.workspaces w, unnest(array['b1', 'b2']) b;
  insert into public.board_columns (workspace_id, board_id, id, name)
    select workspace_id, id, c, c from public.boards, unnest(array['c1', 'c2']) c;
  insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
    select id, id || '-first', 'b1', 'c1', 'First' from public.workspaces;
  delete from private.outbox;`

/** The roles as Supabase's own initialization makes them (supabase/postgres, migrations/db/init-scripts). */
const roles = `
  create role anon nologin noinherit;
  create role authenticated nologin noinherit;
  create role service_role nologin noinherit bypassrls;
  create role authenticator login noinherit password 'local';
  create role supabase_auth_admin nologin noinherit createrole;
  create role project_owner login nosuperuser createdb createrole replication bypassrls password 'local';
  grant anon, authenticated, service_role to authenticator;
  grant anon, authenticated, service_role to project_owner;
  alter role anon set statement_timeout = '3s';
  alter role authenticated set statement_timeout = '8s';`

const schemas = `
  create schema auth authorization supabase_auth_admin;
  create schema extensions authorization project_owner;
  grant usage on schema public, auth, extensions to anon, authenticated, service_role, project_owner;
  alter default privileges for role project_owner in schema public
    grant all on tables to anon, authenticated, service_role;
  alter default privileges for role project_owner in schema public
    grant all on functions to anon, authenticated, service_role;
  alter default privileges for role project_owner in schema public
    grant all on sequences to anon, authenticated, service_role;
  create function auth.jwt() returns jsonb language sql stable as $$
    select coalesce(
      nullif(current_setting('request.jwt.claim', true), ''), nullif(current_setting('request.jwt.claims', true), '')
    )::jsonb
  $$;
  create function auth.uid() returns uuid language sql stable as $$
    select nullif(coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb ->> 'sub', '')::uuid
  $$;
  alter function auth.jwt() owner to supabase_auth_admin;
  alter function auth.uid() owner to supabase_auth_admin;`

/** The template's time zone. It is off by half an hour, so that a migration that depends on the zone fails a test. */
const templateZone = 'America/St_Johns'

export async function startHostedServer(): Promise<HostedServer> {
  const folder = await makeDataDirectory()
  await placeMade(folder, 'hosted', makeTemplate)
  const server = createPostgresPiece(folder, await takePort(0), unsafeSettings)
  await server.start()
  const superuser = connect(server.url, 'postgres', 'postgres')
  const open = new Set<postgres.Sql>()
  let count = 0

  return {
    async open(timeZone) {
      count += 1
      const name = `hosted_${count}`
      await superuser.unsafe(`create database ${name} template migrated owner project_owner`)
      await superuser.unsafe(`alter database ${name} set timezone = '${timeZone}'`)
      const owner = connect(server.url, 'project_owner', name)
      const authenticator = connect(server.url, 'authenticator', name, 4)
      open.add(owner).add(authenticator)
      const ownerUrl = new URL(server.url)
      Object.assign(ownerUrl, { username: 'project_owner', password: 'local', pathname: `/${name}` })
      return { owner, ownerUrl: ownerUrl.href, ...callersOf(authenticator) }
    },
    async stop() {
      await Promise.all([superuser, ...open].map((sql) => sql.end()))
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function connect(url: string, user: string, database: string, max = 1): postgres.Sql {
  return postgres(url, { user, password: 'local', database, max, onnotice: () => {} })
}

async function makeTemplate(url: string): Promise<void> {
  const superuser = connect(url, 'postgres', 'postgres')
  await superuser.unsafe(roles)
  await superuser.unsafe(
    "create database migrated template template0 locale_provider icu icu_locale 'en-US' owner project_owner",
  )
  await superuser.unsafe(`alter database migrated set timezone = '${templateZone}'`)
  await superuser.end()
  const initial = connect(url, 'postgres', 'migrated')
  await initial.unsafe(schemas)
  await initial.end()
  const owner = connect(url, 'project_owner', 'migrated')
  const migrations = new URL('../../origin/supabase/migrations/', import.meta.url)
  for (const file of (await readdir(migrations)).filter((name) => name.endsWith('.sql')).sort()) {
    const text = await readFile(new URL(file, migrations), 'utf8')
    await owner.begin((transaction) => transaction.unsafe(text))
  }
  await owner.unsafe(content)
  await owner.end()
}

function callersOf(authenticator: postgres.Sql): Pick<HostedDatabase, 'asCaller' | 'rpc'> {
  async function asCaller<Value>(
    caller: Caller,
    work: (sql: postgres.TransactionSql) => Promise<Value>,
    { headers = {}, timeZone }: Request = {},
  ): Promise<Value> {
    const role = typeof caller === 'string' ? caller : 'authenticated'
    const claims = typeof caller === 'string' ? { role } : { ...caller, role }
    const settings = {
      role,
      search_path: 'public, extensions',
      'request.jwt.claims': JSON.stringify(claims),
      'request.headers': JSON.stringify(headers),
      ...(timeZone === undefined ? {} : { timezone: timeZone }),
    }
    const outcome: { value: Value }[] = []
    await authenticator.begin(async (transaction) => {
      for (const [name, value] of Object.entries(settings))
        await transaction`select set_config(${name}, ${value}, true)`
      outcome.push({ value: await work(transaction) })
    })
    const [done] = outcome
    if (done === undefined) throw new Error('the transaction ended without its work')
    return done.value
  }

  return {
    asCaller,
    rpc: (caller, name, args, request) =>
      asCaller(
        caller,
        async (sql) => {
          const names = Object.keys(args)
          const list = names.map((arg, index) => `${arg} => $${index + 1}`).join(', ')
          const values = names.map((arg) => args[arg] ?? null)
          const [row] = await sql.unsafe(`select public.${name}(${list}) as answer`, values)
          return row?.['answer']
        },
        request,
      ),
  }
}
