import type { Context, Handler, MiddlewareHandler } from 'hono'
import { Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { readBody } from '../http/input.ts'
import type { OriginEnv } from '../http/respond.ts'
import type { QueueBackend } from '../queues/backend.ts'
import { createBoardChanges } from './board-changes.ts'
import { createLoginAttempts } from './login-attempts.ts'
import { loginPage, loginPagePolicy, signOutPage } from './login-page.ts'
import type { BoardLogin } from './sessions.ts'
import { createBoardSessions } from './sessions.ts'

/** Where the board is. Its cookie is sent to no other path. */
export const boardPath = '/admin/queues'
const loginPath = `${boardPath}/login`
const cookieName = 'boardcache_board'

interface BoardParts extends BoardLogin {
  readonly backend: Pick<QueueBackend, 'queues' | 'boardQueues'>
  readonly clock: Clock
}

/** Bull Board sets its styles by script, and asks for a font elsewhere, which is refused. */
const boardPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'self'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * Bull Board behind a login of its own: it shows the jobs of every workspace, so it is there only if a name and a password are configured.
 * Nothing but the login answers without a session.
 */
export function createBoard({ backend, clock, ...login }: BoardParts): Hono<OriginEnv> {
  const sessions = createBoardSessions(login, clock)
  const app = new Hono<OriginEnv>()
  app.use(withPageHeaders, refuseOddPaths, refuseForeignPages)

  app.get('/login', (context) => showLogin(context, null))
  app.post('/login', signInRoute(sessions, createLoginAttempts(clock)))

  app.use(async (context, next) => {
    if (sessions.isOpen(getCookie(context, cookieName))) return next()
    const isPage = context.req.method === 'GET' && !context.req.path.startsWith(`${boardPath}/api/`)
    return isPage ? context.redirect(loginPath, 303) : context.json({ error: 'Sign in first.' }, 401)
  })
  app.get('/logout', (context) => {
    context.header('Content-Security-Policy', loginPagePolicy)
    return context.html(signOutPage(`${boardPath}/logout`))
  })
  app.post('/logout', (context) => {
    sessions.end(getCookie(context, cookieName))
    deleteCookie(context, cookieName, { path: boardPath })
    return context.redirect(loginPath, 303)
  })

  // Bull Board takes a while to load, and most processes never show it.
  let pages: Promise<Hono> | null = null
  const changes = new Hono().route(boardPath, createBoardChanges(backend)).onError((error) => {
    // The origin's own handler writes it to the log and answers it.
    throw error
  })
  app.all('*', async (context) => {
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD') {
      return passedOn(context, await changes.fetch(context.req.raw))
    }
    pages ??= import('./bull-board.ts').then(({ createBullBoardApp }) =>
      createBullBoardApp(backend.boardQueues(), boardPath),
    )
    try {
      const answer = await (await pages).fetch(context.req.raw)
      if (answer.status < 500) return passedOn(context, answer)
    } catch {
      pages = null
    }
    // Bull Board's own answer has the message of the database's error in it.
    return context.json({ error: 'The queues do not answer.' }, 503)
  })
  return app
}

/** Refuses an address that has tried too often before anything of its form is read. */
function signInRoute(
  sessions: ReturnType<typeof createBoardSessions>,
  attempts: ReturnType<typeof createLoginAttempts>,
): Handler<OriginEnv> {
  return async (context) => {
    const address = context.env?.incoming?.socket.remoteAddress ?? ''
    const waitMs = attempts.waitMs(address)
    if (waitMs > 0) {
      context.header('Retry-After', String(Math.ceil(waitMs / 1_000)))
      return showLogin(context, 'Too many attempts. Try again later.', 429)
    }
    const body = await readBody(context.req.raw, limits.boardLoginBodyBytesMax)
    if (!body.ok) {
      const isTooLarge = body.error.code === 'body_too_large'
      return showLogin(context, 'The form did not arrive whole, or is too large.', isTooLarge ? 413 : 400)
    }
    const form = new URLSearchParams(new TextDecoder().decode(body.value))
    if (!sessions.isLogin(form.get('username') ?? '', form.get('password') ?? '')) {
      attempts.noteFailure(address)
      return showLogin(context, 'The name or the password is wrong.', 401)
    }
    setCookie(context, cookieName, sessions.begin(), cookieFor(context))
    return context.redirect(boardPath, 303)
  }
}

/** Another app's answer, with the headers that all answers of the origin have. */
function passedOn(context: Context<OriginEnv>, answer: Response): Response {
  return context.newResponse(answer.body, answer)
}

function showLogin(
  context: Context<OriginEnv>,
  fault: string | null,
  status: 200 | 400 | 401 | 413 | 429 = 200,
): Response {
  context.header('Content-Security-Policy', loginPagePolicy)
  if (status === 401) context.header('WWW-Authenticate', 'FormBased')
  return context.html(loginPage(loginPath, fault), status) as Response
}

/** Browsers keep a cookie that is `Secure` on this machine too, but not all of them do so over plain http. */
function cookieFor(context: Context<OriginEnv>) {
  const { hostname } = new URL(context.req.url)
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  return {
    path: boardPath,
    httpOnly: true,
    sameSite: 'Strict',
    secure: !isLocal,
    maxAge: limits.boardSessionSeconds,
  } as const
}

const withPageHeaders: MiddlewareHandler = async (context, next) => {
  await next()
  const headers = {
    'Content-Security-Policy': context.res.headers.get('Content-Security-Policy') ?? boardPolicy,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Frame-Options': 'DENY',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  }
  for (const [name, value] of Object.entries(headers)) context.header(name, value)
}

/** No name of a queue or of a job needs NUL or bytes that are not UTF-8, and the database refuses them. */
const refuseOddPaths: MiddlewareHandler = async (context, next) => {
  return isWellEncoded(context.req.url)
    ? next()
    : context.json({ error: 'The URL is not valid UTF-8, or it contains a NUL character.' }, 400)
}

function isWellEncoded(url: string): boolean {
  try {
    return !decodeURIComponent(url).includes('\0')
  } catch {
    return false
  }
}

/**
 * A request that changes something must come from the board's own pages (Fetch Metadata, `Sec-Fetch-Site`; older browsers send `Origin`).
 * One that says nothing about where it comes from is refused too.
 */
const refuseForeignPages: MiddlewareHandler = async (context, next) => {
  const { method } = context.req
  if (method === 'GET' || method === 'HEAD') return next()
  const site = context.req.header('Sec-Fetch-Site')
  const origin = context.req.header('Origin')
  const isOwn = site === undefined ? isSameHost(origin, context.req.header('Host')) : site === 'same-origin'
  return isOwn ? next() : context.json({ error: 'This request does not come from the board.' }, 403)
}

function isSameHost(origin: string | undefined, host: string | undefined): boolean {
  return origin !== undefined && host !== undefined && URL.parse(origin)?.host === host.toLowerCase()
}
