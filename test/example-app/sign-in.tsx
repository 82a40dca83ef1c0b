/** What the app needs to know of its user. A real application has a session, and gives a function as the token. */
export interface SignIn {
  readonly url: string
  readonly workspaceId: string
  readonly boardId: string
  readonly token: string
  readonly pollEveryMs: number
}

/** Reads `#url=…&workspaceId=…&boardId=…&token=…`; null if there is no token. */
export function signInFromHash(hash: string): SignIn | null {
  return signInOf(new URLSearchParams(hash.slice(1)))
}

function signInOf(fields: URLSearchParams): SignIn | null {
  const token = fields.get('token') ?? ''
  if (token === '') return null
  return {
    url: fields.get('url') ?? location.origin,
    workspaceId: fields.get('workspaceId') ?? '15213',
    boardId: fields.get('boardId') ?? 'board_123',
    pollEveryMs: Number(fields.get('pollEveryMs') ?? 10_000),
    token,
  }
}

export function SignInForm({ onSignIn }: { readonly onSignIn: (signIn: SignIn | null) => void }) {
  const signIn = (given: FormData) => {
    const fields = [...given].map(([name, value]) => [name, String(value)])
    onSignIn(signInOf(new URLSearchParams(fields)))
  }
  return (
    <form action={signIn} aria-label="Sign in">
      <label>
        Worker <input name="url" type="url" required />
      </label>
      <label>
        Workspace <input name="workspaceId" defaultValue="15213" required />
      </label>
      <label>
        Token <input name="token" type="password" required />
      </label>
      <button type="submit">Sign in</button>
    </form>
  )
}
