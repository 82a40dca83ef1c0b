import { type DashboardConfig, dashboardConfigSchema } from '../../shared/contract/dashboard.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Config } from '../config.ts'
import { respondJson } from '../http/answers.ts'
import { defineRoute } from '../http/route.ts'
import type { Services } from '../services.ts'

/** The scripts, styles and pictures of the pages. Their names contain a digest of their content. */
export const dashboardFilesPath = '/dashboard/*'

/** `GET /dashboard/config.json`: the Supabase project in which the page signs its user in, and whether the stack is a local one. */
export const dashboardConfigRoute = defineRoute({
  method: 'GET',
  path: '/dashboard/config.json',
  summary:
    'The Supabase project in which the dashboard signs its users in, and whether this is a local stack',
  access: 'public',
  takes: {},
  gives: dashboardConfigSchema,
  errors: [],
  async handle({ services }) {
    const { signIn, isLocalStack } = services.config
    const config: DashboardConfig = {
      supabase_url: signIn?.url ?? null,
      publishable_key: signIn?.publishableKey ?? null,
      is_local: isLocalStack,
    }
    return ok(respondJson(config))
  },
})

/** Serves a page. */
type ServePage = (services: Services, request: Request) => Promise<Result<Response, WireError>>

/** The dashboard's page, at `/`. */
export const servePage = pageOf('/index.html', ({ signIn }) => ({
  connect: ["'self'", ...(signIn === null ? [] : [new URL(signIn.url).origin])],
  images: ["'self'"],
}))

/** The page at `/docs`, which shows the OpenAPI document. The viewer's stylesheet has its icons as `data:` URLs. */
export const serveDocs = pageOf('/docs.html', () => ({ connect: ["'self'"], images: ["'self'", 'data:'] }))

function pageOf(file: string, sourcesOf: (config: Config) => PageSources): ServePage {
  return async (services, request) => {
    const found = await readAsset(services, request, file)
    if (!found.ok) return found
    const headers = new Headers(found.value.headers)
    headers.set('Cache-Control', 'no-cache')
    headers.set('Content-Security-Policy', contentSecurityPolicy(sourcesOf(services.config)))
    return ok(withSafeHeaders(found.value, headers))
  }
}

/** Serves a file of the pages. Its name changes with its content, so browsers may keep it forever. */
export async function serveFile(services: Services, request: Request): Promise<Result<Response, WireError>> {
  const found = await readAsset(services, request, new URL(request.url).pathname)
  if (!found.ok) return found
  const headers = new Headers(found.value.headers)
  headers.set('Cache-Control', 'public, max-age=31536000, immutable')
  return ok(withSafeHeaders(found.value, headers))
}

/** The browser client as an ES module, with its types (worker/client/README.md). */
export const clientFilesPath = '/client/*'

/**
 * Serves a file of the browser client. Pages of every origin may load it: it is public, and the API itself refuses other origins. The
 * names of its later parts change with their content; that of the module and of its types do not.
 */
export async function serveClientFile(
  services: Services,
  request: Request,
): Promise<Result<Response, WireError>> {
  const { pathname } = new URL(request.url)
  const found = await readAsset(services, request, pathname)
  if (!found.ok) return found
  const headers = new Headers(found.value.headers)
  const isNamedByContent = pathname.startsWith('/client/boardcache-')
  headers.set('Cache-Control', isNamedByContent ? 'public, max-age=31536000, immutable' : 'public, no-cache')
  headers.set('Access-Control-Allow-Origin', '*')
  headers.set('Cross-Origin-Resource-Policy', 'cross-origin')
  return ok(withSafeHeaders(found.value, headers))
}

/** Reads a file. Every answer except a file or a 304 becomes the same 404 as an unknown route. */
async function readAsset(
  { assets }: Services,
  request: Request,
  path: string,
): Promise<Result<Response, WireError>> {
  if (assets === null) return err({ code: 'route_not_found' })
  const { method, headers } = request
  const found = await assets.fetch(new Request(new URL(path, request.url), { method, headers }))
  if (found.ok || found.status === 304) return ok(found)
  await found.body?.cancel()
  return err({ code: 'route_not_found' })
}

/** The origins that a page may fetch from, and those of its pictures. */
interface PageSources {
  readonly connect: readonly string[]
  readonly images: readonly string[]
}

/** Allows scripts and styles from this origin only, and none inline. */
function contentSecurityPolicy({ connect, images }: PageSources): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    `img-src ${images.join(' ')}`,
    `connect-src ${connect.join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function withSafeHeaders({ body, status }: Response, headers: Headers): Response {
  headers.set('X-Content-Type-Options', 'nosniff')
  headers.set('Referrer-Policy', 'no-referrer')
  headers.set('Cross-Origin-Opener-Policy', 'same-origin')
  headers.set('Permissions-Policy', 'camera=(), geolocation=(), microphone=()')
  return new Response(body, { status, headers })
}
