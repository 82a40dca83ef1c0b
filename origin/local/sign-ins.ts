import postgres from 'postgres'
import type { Role } from '../../shared/ids.ts'
import { users } from './tokens.ts'

/** A user who can sign in to the local stack. All have the one password of the data folder. */
interface SignIn {
  readonly id: string
  readonly email: string
  /** Printed by `npm start`: what the user is for. */
  readonly may: string
  /** The claim app_metadata.workspaces. With null it is left out, and the table memberships decides. */
  readonly workspaces: Readonly<Record<string, Role>> | null
}

/** The users of the reference data, one for each role of 15213 and of 15214, and one with several workspaces. Workspace 15213 is the operators' one here. */
export const signIns: readonly SignIn[] = [
  {
    id: users.operator,
    email: 'ops@boardcache.example',
    may: 'operator: live figures and alerts; admin of 15213 and 15214, member of 15215',
    workspaces: { '15213': 'admin', '15214': 'admin', '15215': 'member' },
  },
  {
    id: users.admin,
    email: 'admin@boardcache.example',
    may: 'admin of 15213: also changes settings, invalidates and explains; an operator too, as all admins of 15213 are',
    workspaces: null,
  },
  {
    id: users.member,
    email: 'member@boardcache.example',
    may: 'member of 15213: reads boards, counts and settings, writes contacts; changes no settings',
    workspaces: null,
  },
  {
    id: users.otherAdmin,
    email: 'manager@xenia.example',
    may: 'admin of 15214: a workspace in use, with contacts, conversations and figures of their own',
    workspaces: null,
  },
  {
    id: users.otherMember,
    email: 'reception@xenia.example',
    may: 'member of 15214, with contacts, conversations and figures of their own',
    workspaces: null,
  },
  {
    id: users.stranger,
    email: 'stranger@boardcache.example',
    may: 'in no workspace: signs in, and gets 403 everywhere',
    workspaces: null,
  },
]

/** Creates the users after Supabase's interface has created its tables. Called again, it sets the password. */
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
      // A cheap hash is enough for a password that every start prints.
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
