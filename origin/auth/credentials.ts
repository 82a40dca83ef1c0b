import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import type { Bearer } from '../../shared/auth/bearer.ts'
import type { Principal } from '../../shared/auth/verify.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { callerTokenHeader } from '../../shared/contract/origin.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Caller, Member } from '../database/caller.ts'
import type { OriginContext, OriginEnv } from '../http/respond.ts'
import { respondError } from '../http/respond.ts'

/**
 * Establishes the caller, first of all on every route but `/health`: before limits, membership and body. The Worker's own code
 * verifies the token here, and the database verifies it once more with every query.
 */
interface Credentials {
  /** Admits requests with the internal key. */
  readonly requireInternalKey: MiddlewareHandler<OriginEnv>
  /** Behind the internal key, admits requests on behalf of the user whose token is in `X-Caller-Token`. */
  readonly requireMember: MiddlewareHandler<OriginEnv>
  /** Behind the internal key, does the same, and admits requests without a token on behalf of the CRM's backend. */
  readonly requireReader: MiddlewareHandler<OriginEnv>
  /**
   * Admits writers of contacts: a user by the token in `Authorization`, or a sender with the internal key, on behalf of the
   * user in `X-Caller-Token` if there is one and else as the backend itself.
   */
  readonly requireWriter: MiddlewareHandler<OriginEnv>
}

export function createCredentials(internalAuthKey: string, bearer: Bearer): Credentials {
  const isInternal = comparedWith(internalAuthKey)

  async function writerOf(context: OriginContext): Promise<Result<Caller, WireError>> {
    const authorization = context.req.header('Authorization')
    const hasInternalKey = isInternal(authorization)
    context.set('hasInternalKey', hasInternalKey)
    if (!hasInternalKey) return memberFrom(await bearer.authenticate(authorization ?? null))
    return callerBy(context.req.header(callerTokenHeader))
  }

  /** The caller behind the internal key: the user of the token, or without one the backend itself. */
  async function callerBy(token: string | undefined): Promise<Result<Caller, WireError>> {
    return token === undefined ? ok({ kind: 'backend' }) : memberFrom(await bearer.authenticateToken(token))
  }

  return {
    async requireInternalKey(context, next) {
      if (!isInternal(context.req.header('Authorization')))
        return respondError(context, { code: 'key_invalid' })
      context.set('hasInternalKey', true)
      return next()
    },
    async requireMember(context, next) {
      const token = context.req.header(callerTokenHeader)
      const caller = memberFrom(await bearer.authenticateToken(token ?? null))
      if (!caller.ok) return respondError(context, caller.error)
      context.set('caller', caller.value)
      return next()
    },
    async requireReader(context, next) {
      const caller = await callerBy(context.req.header(callerTokenHeader))
      if (!caller.ok) return respondError(context, caller.error)
      context.set('caller', caller.value)
      return next()
    },
    async requireWriter(context, next) {
      const caller = await writerOf(context)
      if (!caller.ok) return respondError(context, caller.error)
      context.set('caller', caller.value)
      return next()
    },
  }
}

/** The admitted caller. A route that is mounted without one of these doors is a programmer's error. */
export function callerOf(context: OriginContext): Caller {
  const { caller } = context.var
  if (caller === undefined) throw new Error('the route is not behind a door that admits callers')
  return caller
}

function memberFrom(principal: Result<Principal, WireError>): Result<Member, WireError> {
  if (!principal.ok) return err(principal.error)
  const { userId, token, workspaces } = principal.value
  return ok({ kind: 'member', userId, token, workspaces })
}

/** All digests have the same length, so the comparison takes the same time for every key that is sent. */
function comparedWith(internalAuthKey: string): (authorization: string | undefined) => boolean {
  const expected = digestOf(internalAuthKey)
  return (authorization) => {
    const given = /^Bearer +(\S.*)$/i.exec(authorization ?? '')?.[1]
    return timingSafeEqual(digestOf(given ?? ''), expected) && given !== undefined
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
