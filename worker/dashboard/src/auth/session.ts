import { AuthClient, type Session } from '@supabase/auth-js'
import { type DashboardConfig, dashboardConfigSchema } from '../../../../shared/contract/dashboard.ts'
import type { TokenSource } from '../api/api-client.ts'
import { ApiFailure } from '../api/failure.ts'

/** The CRM's own sign-in: Supabase Auth with a password. */
export interface Auth extends TokenSource {
  readonly config: DashboardConfig
  /** Null on success, otherwise the sentence to show. */
  signIn(email: string, password: string): Promise<string | null>
  signOut(): Promise<void>
  /** Whether the user ended the last session. Otherwise it expired. */
  wasEndedByUser(): boolean
  /** Calls `listener` at once, and whenever a user signs in or out. The function returned removes it. */
  onChange(listener: (user: User | null) => void): () => void
}

export interface User {
  readonly id: string
  readonly email: string
  /** Identifies the session of a token. Another session may belong to another user. */
  readonly sessionKey: string
}

const deadlineMs = 10_000

export async function loadAuth(): Promise<Auth> {
  const response = await fetch('/dashboard/config.json', { signal: AbortSignal.timeout(deadlineMs) })
  const config = dashboardConfigSchema.parse(await response.json())
  if (config.supabase_url === null || config.publishable_key === null) {
    throw new ApiFailure(
      'No sign-in is configured here: set SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY for the Worker.',
      { status: 0, code: 'sign_in_missing' },
    )
  }
  const client = new AuthClient({
    url: `${config.supabase_url}/auth/v1`,
    headers: { apikey: config.publishable_key },
    storageKey: 'boardcache-session',
    // A token does not outlive its tab.
    storage: window.sessionStorage,
    persistSession: true,
    autoRefreshToken: true,
    detectSessionInUrl: false,
    fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(deadlineMs) }),
  })
  return createAuth(client, config)
}

function createAuth(client: InstanceType<typeof AuthClient>, config: DashboardConfig): Auth {
  let isAsked = false
  const tokenOf = ({ data }: { data: { session: Session | null } }) => data.session?.access_token ?? null
  return {
    config,
    current: async () => tokenOf(await client.getSession()),
    renewed: async () => tokenOf(await client.refreshSession()),
    end: () => void client.signOut({ scope: 'local' }),
    wasEndedByUser: () => isAsked,
    async signIn(email, password) {
      isAsked = false
      const { error } = await client.signInWithPassword({ email, password })
      if (error === null) return null
      return error.code === 'invalid_credentials'
        ? 'The e-mail address or the password is not right.'
        : `Signing in did not work: ${error.message}.`
    },
    async signOut() {
      isAsked = true
      const { error } = await client.signOut()
      // The server may be out of reach, but in this browser the session ends all the same.
      if (error !== null) await client.signOut({ scope: 'local' })
    },
    onChange(listener) {
      const { data } = client.onAuthStateChange((_event, session) => listener(userOf(session)))
      return () => data.subscription.unsubscribe()
    },
  }
}

function userOf(session: Session | null): User | null {
  if (session === null) return null
  const { id, email, last_sign_in_at } = session.user
  return { id, email: email ?? id, sessionKey: `${id} ${last_sign_in_at ?? ''}` }
}
