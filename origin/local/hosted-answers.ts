import { jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'

const sessionSchema = z.looseObject({
  access_token: z.string(),
  user: z.looseObject({ app_metadata: z.record(z.string(), z.unknown()) }),
})

interface HostedOptions {
  readonly issuer: string
  readonly jwtSecret: string
}

/**
 * Turns the answer to a sign-in into what hosted Supabase answers. Supabase Lite leaves the issuer and `app_metadata` out of its
 * tokens; the Worker and row level security read both.
 */
export async function asHosted(answer: Response, { issuer, jwtSecret }: HostedOptions): Promise<Response> {
  if (!answer.ok) return answer
  const text = await answer.text()
  const session = sessionSchema.safeParse(JSON.parse(text))
  const { status } = answer
  const headers = new Headers(answer.headers)
  headers.delete('Content-Length')
  if (!session.success) return new Response(text, { status, headers })
  const secret = new TextEncoder().encode(jwtSecret)
  const { payload } = await jwtVerify(session.data.access_token, secret)
  const claims = { ...payload, iss: issuer, app_metadata: session.data.user.app_metadata }
  const access_token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(secret)
  return new Response(JSON.stringify({ ...session.data, access_token }), { status, headers })
}

const refusalSchema = z.looseObject({ code: z.literal('SUP'), message: z.string() })
const refusedByCheck = /^PostgresError: (.* violates check constraint .*)$/

/**
 * Turns the refusal of a row by a constraint into what PostgREST answers: 400 with Postgres's code (PostgREST's "Errors", group
 * "Postgres errors"). Supabase Lite answers 500.
 */
export async function withHostedRefusals(answer: Response): Promise<Response> {
  if (answer.status !== 500) return answer
  const text = await answer.text()
  const message = refusedByCheck.exec(parsedRefusal(text) ?? '')?.[1]
  const headers = new Headers(answer.headers)
  headers.delete('Content-Length')
  if (message === undefined) return new Response(text, { status: 500, headers })
  return Response.json({ code: '23514', message, details: null, hint: null }, { status: 400 })
}

function parsedRefusal(text: string): string | null {
  try {
    const refusal = refusalSchema.safeParse(JSON.parse(text))
    return refusal.success ? refusal.data.message : null
  } catch {
    return null
  }
}
