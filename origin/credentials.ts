import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { callerTokenHeader } from '../shared/contract/origin.ts'
import { limits } from '../shared/limits.ts'
import type { OriginEnv } from './answers.ts'
import { respondError } from './answers.ts'

/** Lets through who knows the internal key: the Worker. */
export function requireInternalKey(internalAuthKey: string): MiddlewareHandler<OriginEnv> {
  const expected = digestOf(`Bearer ${internalAuthKey}`)
  return async (context, next) => {
    // Digests are of one length whatever was sent, so the comparison takes the same time for every key.
    const isKnown = timingSafeEqual(digestOf(context.req.header('Authorization') ?? ''), expected)
    if (!isKnown) return respondError(context, { code: 'key_invalid' })
    return next()
  }
}

/** Three base64url parts; the signature may be empty here, it is the database's to judge. */
const compactJwt = /^[\w-]+\.[\w-]+\.[\w-]*$/

/** Takes the caller's JWT from its header. Its signature is checked by Supabase, with every query. */
export const requireCallerToken: MiddlewareHandler<OriginEnv> = async (context, next) => {
  const callerToken = context.req.header(callerTokenHeader)
  if (callerToken === undefined || callerToken === '') return respondError(context, { code: 'token_missing' })
  if (callerToken.length > limits.tokenCharactersMax || !compactJwt.test(callerToken)) {
    return respondError(context, { code: 'token_invalid' })
  }
  context.set('callerToken', callerToken)
  return next()
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
