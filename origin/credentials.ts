import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { callerTokenHeader } from '../shared/contract/origin.ts'
import { limits } from '../shared/limits.ts'
import type { OriginEnv } from './answers.ts'
import { respondError } from './answers.ts'

/** Lets through who knows the internal key: the Worker. */
export function requireInternalKey(internalAuthKey: string): MiddlewareHandler<OriginEnv> {
  const isInternal = comparedWith(internalAuthKey)
  return async (context, next) => {
    if (!isInternal(context.req.header('Authorization')))
      return respondError(context, { code: 'key_invalid' })
    return next()
  }
}

/**
 * Lets through who may write contacts: a member by the JWT in `Authorization`; or who knows the internal key, on behalf
 * of `X-Caller-Token` where that is given, else as the backend itself.
 */
export function requireWriter(internalAuthKey: string): MiddlewareHandler<OriginEnv> {
  const isInternal = comparedWith(internalAuthKey)
  return async (context, next) => {
    const authorization = context.req.header('Authorization')
    if (authorization === undefined) return respondError(context, { code: 'token_missing' })
    const token = isInternal(authorization)
      ? (context.req.header(callerTokenHeader) ?? null)
      : (/^Bearer (.+)$/i.exec(authorization)?.[1] ?? '')
    if (token !== null && !isToken(token)) return respondError(context, { code: 'token_invalid' })
    context.set('writerToken', token)
    return next()
  }
}

/** Digests are of one length whatever was sent, so the comparison takes the same time for every key. */
function comparedWith(internalAuthKey: string): (authorization: string | undefined) => boolean {
  const expected = digestOf(`Bearer ${internalAuthKey}`)
  return (authorization) => timingSafeEqual(digestOf(authorization ?? ''), expected)
}

/** Three base64url parts; the signature may be empty here, it is the database's to judge. */
const compactJwt = /^[\w-]+\.[\w-]+\.[\w-]*$/

/** Takes the caller's JWT from its header. Its signature is checked by Supabase, with every query. */
export const requireCallerToken: MiddlewareHandler<OriginEnv> = async (context, next) => {
  const callerToken = context.req.header(callerTokenHeader)
  if (callerToken === undefined || callerToken === '') return respondError(context, { code: 'token_missing' })
  if (!isToken(callerToken)) return respondError(context, { code: 'token_invalid' })
  context.set('callerToken', callerToken)
  return next()
}

function isToken(text: string): boolean {
  return text.length <= limits.tokenCharactersMax && compactJwt.test(text)
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
