import { type DashboardConfig, dashboardConfigSchema } from '../../shared/contract/dashboard.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Config } from '../config.ts'
import { respondJson } from '../http/answers.ts'
import { defineRoute } from '../http/route.ts'
import type { Services } from '../services.ts'

/** Where the pages' scripts, styles and pictures lie: names with a digest of what is in them. */
export const dashboardFilesPath = '/dashboard/*'

/** `GET /dashboard/config.json`: where the page signs its user in. */
export const dashboardConfigRoute = defineRoute({
  method: 'GET',
  path: '/dashboard/config.json',
  summary: 'Where the dashboard signs its users in',
  access: 'public',
  takes: {},
  gives: dashboardConfigSchema,
  errors: [],
  async handle({ services }) {
    const { signIn } = services.config
    const config: DashboardConfig = {
      supabase_url: signIn?.url ?? null,
      publishable_key: signIn?.publishableKey ?? null,
    }
    return ok(respondJson(config))
  },
})

/** A page, as it is served. */
type ServePage = (services: Services, request: Request) => Promise<Result<Response, WireError>>

/** The dashboard's page, at `/`. */
export const servePage = pageOf('/index.html', ({ signIn }) => ({
  connect: ["'self'", ...(signIn === null ? [] : [new URL(signIn.url).origin])],
  images: ["'self'"],
}))

/** The API's description, at `/docs`. The viewer's stylesheet holds its icons as `data:` URLs. */
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

/** What the pages are made of. A file's name changes with its content, so it may be kept for good. */
export async function serveFile(services: Services, request: Request): Promise<Result<Response, WireError>> {
  const found = await readAsset(services, request, new URL(request.url).pathname)
  if (!found.ok) return found
  const headers = new Headers(found.value.headers)
  headers.set('Cache-Control', 'public, max-age=31536000, immutable')
  return ok(withSafeHeaders(found.value, headers))
}

/** Anything but a file, or the word that the caller has it already, is told as every other unknown route. */
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

/** What a page may ask, and where its pictures come from. */
interface PageSources {
  readonly connect: readonly string[]
  readonly images: readonly string[]
}

/** Scripts and styles from here alone, none of them inline. */
function contentSecurityPolicy({ connect, images }: PageSources): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
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
