import postgres from 'postgres'
import type { Role } from '../../shared/ids.ts'
import { users } from './tokens.ts'

/** A user of the local stack who can sign in; all have the data folder's one password. */
export interface SignIn {
  readonly id: string
  readonly email: string
  /** The claim app_metadata.workspaces; null leaves it out, so that the memberships table decides. */
  readonly workspaces: Readonly<Record<string, Role>> | null
}

/** Somebody with more than one workspace, and the users of the reference data. */
export const signIns: readonly SignIn[] = [
  {
    id: users.operator,
    email: 'ops@boardcache.example',
    workspaces: { '15213': 'admin', '15214': 'admin', '15215': 'member' },
  },
  { id: users.admin, email: 'admin@boardcache.example', workspaces: null },
  { id: users.member, email: 'member@boardcache.example', workspaces: null },
  { id: users.stranger, email: 'stranger@boardcache.example', workspaces: null },
]

/** Makes the users who can sign in, once Supabase's interface has made its tables; again changes but the password. */
export async function createSignIns(databaseUrl: string, password: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
  try {
    await sql.unsafe('create extension if not exists pgcrypto with schema extensions')
    for (const { id, email, workspaces } of signIns) {
      const metadata = {
        provider: 'email',
        providers: ['email'],
        ...(workspaces === null ? {} : { workspaces }),
      }
      // A cheap hash: the password is printed at every start.
      await sql`
        insert into auth.users (id, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)
        values (${id}, ${email}, extensions.crypt(${password}, extensions.gen_salt('bf', 4)), now(),
          ${sql.json(metadata)}, '{}')
        on conflict (id) do update
        set encrypted_password = excluded.encrypted_password, raw_app_meta_data = excluded.raw_app_meta_data`
    }
  } finally {
    await sql.end({ timeout: 5 })
  }
}
