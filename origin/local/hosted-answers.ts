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
 * A sign-in's answer as hosted Supabase gives it. Supabase Lite leaves issuer and `app_metadata` out of its tokens, and
 * whoever verifies tokens (the Worker, row level security) reads both.
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
