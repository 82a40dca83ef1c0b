import { type FormEvent, useState } from 'react'
import { Mark } from '../parts/mark.tsx'
import { Notice } from '../parts/notice.tsx'
import type { Auth } from './session.ts'

/** The form for signing in. `message` says why the last session ended. */
export function SignIn({ auth, message }: { auth: Auth; message: string | null }) {
  const [fault, setFault] = useState<string | null>(null)
  const [isBusy, setIsBusy] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setIsBusy(true)
    setFault(null)
    const said = await auth
      .signIn(String(form.get('email')), String(form.get('password')))
      .catch(() => 'The sign-in service cannot be reached from here.')
    setIsBusy(false)
    setFault(said)
  }

  return (
    <main className="door">
      <form className="panel door-form" onSubmit={(event) => void submit(event)}>
        <div className="brand">
          <Mark />
          <h1>Boardcache</h1>
        </div>
        <p className="quiet">Sign in with your CRM account.</p>
        {message !== null && fault === null && <Notice tone="info">{message}</Notice>}
        {fault !== null && <Notice tone="bad">{fault}</Notice>}
        <label className="field">
          <span>E-mail</span>
          <input name="email" type="email" autoComplete="username" required />
        </label>
        <label className="field">
          <span>Password</span>
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit" className="primary" disabled={isBusy}>
          {isBusy ? 'Signing in …' : 'Sign in'}
        </button>
      </form>
    </main>
  )
}
