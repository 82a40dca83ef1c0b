import type { Handler } from 'hono'
import { storedCallSchema } from '../../shared/contract/voice.ts'
import { limits } from '../../shared/limits.ts'
import { parseBody } from '../http/input.ts'
import type { OriginEnv } from '../http/respond.ts'
import { respondError, respondFailure } from '../http/respond.ts'
import type { EndedCallWriter } from '../voice/ended-call-writer.ts'

/** POST /voice/calls: stores a call that has ended. The Worker has verified the voice platform. */
export function storeCallRoute(calls: EndedCallWriter): Handler<OriginEnv> {
  return async (context) => {
    const call = await parseBody(context, storedCallSchema, limits.storedCallBodyBytesMax)
    if (!call.ok) return respondError(context, call.error)
    const stored = await calls.store(call.value)
    if (!stored.ok) return respondFailure(context, stored.error)
    context.header('Cache-Control', 'no-store')
    return context.json({ success: true, data: stored.value })
  }
}
