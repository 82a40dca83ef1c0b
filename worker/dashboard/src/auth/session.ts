import { AuthClient, type AuthError, isAuthRetryableFetchError, type Session } from '@supabase/auth-js'
import { z } from 'zod'
import { type DashboardConfig, dashboardConfigSchema } from '../../../../shared/contract/dashboard.ts'
import { ApiFailure, unreachable } from '../api/failure.ts'
import type { TokenSource } from '../api/with-token.ts'
import { openSessionStore } from './session-store.ts'

/** The CRM's own sign-in: Supabase Auth with a password. */
export interface Auth extends TokenSource {
  readonly config: DashboardConfig
  /** Null on success, otherwise the sentence to show. */
  signIn(email: string, password: string): Promise<string | null>
  signOut(): Promise<void>
  /** Whether the user ended the last session. */
  wasEndedByUser(): boolean
  /** A sentence that says why it was ended by this page; null if it was not. */
  endReason(): string | null
  /** Calls `listener` at once, and whenever a user signs in or out. The function returned removes it. */
  onChange(listener: (user: User | null) => void): () => void
}

export interface User {
  readonly id: string
  readonly email: string
}

const deadlineMs = 10_000

export async function loadAuth(): Promise<Auth> {
  const [config, { storage, storageKey }] = await Promise.all([loadConfig(), openSessionStore()])
  if (config.supabase_url === null || config.publishable_key === null) {
    throw new ApiFailure(
      'No sign-in is configured here: set SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY for the Worker.',
      { status: 0, code: 'sign_in_missing' },
    )
  }
  const client = new AuthClient({
    url: `${config.supabase_url}/auth/v1`,
    headers: { apikey: config.publishable_key },
    storageKey,
    storage,
    persistSession: true,
    autoRefreshToken: true,
    detectSessionInUrl: false,
    fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(deadlineMs) }),
  })
  return createAuth(client, config)
}

async function loadConfig(): Promise<DashboardConfig> {
  const response = await fetch('/dashboard/config.json', { signal: AbortSignal.timeout(deadlineMs) }).catch(
    (error: unknown) => {
      throw unreachable(error)
    },
  )
  const config = dashboardConfigSchema.safeParse(await response.json().catch(() => null))
  if (config.success) return config.data
  const { status } = response
  throw new ApiFailure('The server does not say where to sign in.', { status, code: 'not_understood' })
}

function createAuth(client: InstanceType<typeof AuthClient>, config: DashboardConfig): Auth {
  let isAsked = false
  let reason: string | null = null
  let renewal: Promise<string | null> | null = null
  const tokenOf = ({ data }: { data: { session: Session | null } }) => data.session?.access_token ?? null

  async function renew(): Promise<string | null> {
    const answer = await client.refreshSession()
    if (isAuthRetryableFetchError(answer.error)) throw unreachable(answer.error)
    return tokenOf(answer)
  }
  function end(sentence: string): void {
    reason = sentence
    void client.signOut({ scope: 'local' })
  }

  return {
    config,
    current: async () => tokenOf(await client.getSession()),
    async renewed(refused) {
      const now = tokenOf(await client.getSession())
      // Another request may have had it renewed meanwhile.
      if (now !== null && now !== refused) return now
      renewal ??= renew().finally(() => {
        renewal = null
      })
      return renewal
    },
    end,
    wasEndedByUser: () => isAsked,
    endReason: () => reason,
    async signIn(email, password) {
      isAsked = false
      reason = null
      const { error } = await client.signInWithPassword({ email, password })
      return error === null ? null : sentenceOfRefusal(error)
    },
    async signOut() {
      isAsked = true
      const { error } = await client.signOut()
      // The server may be out of reach, but in this browser the session ends all the same.
      if (error !== null) await client.signOut({ scope: 'local' })
    },
    onChange(listener) {
      const { data } = client.onAuthStateChange((_event, session) => {
        const user = userOf(session)
        if (session !== null && user === null) end('It could not be read.')
        listener(user)
      })
      return () => data.subscription.unsubscribe()
    },
  }
}

function sentenceOfRefusal(error: AuthError): string {
  if (error.code === 'invalid_credentials') return 'The e-mail address or the password is not right.'
  if (error.code === 'email_not_confirmed') return 'The e-mail address has not been confirmed yet.'
  if (error.status === 429) return 'There were too many attempts. Try again in a minute.'
  if (isAuthRetryableFetchError(error)) return 'The sign-in service cannot be reached from here.'
  return 'The sign-in service refuses this account.'
}

/** The part of a session that this page needs. It comes from the browser's storage, which anything may have written. */
const sessionSchema = z.object({
  user: z.object({ id: z.string(), email: z.string().optional() }),
})

function userOf(session: Session | null): User | null {
  const parsed = sessionSchema.safeParse(session)
  if (!parsed.success) return null
  const { id, email } = parsed.data.user
  return { id, email: email ?? id }
}
