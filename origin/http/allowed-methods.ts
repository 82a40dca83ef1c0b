import type { Handler } from 'hono'
import type { OriginEnv } from './answers.ts'
import { respondError } from './answers.ts'

/** What a route answers to every other method (RFC 9110, 15.5.6: with `Allow`). Where GET is taken, so is HEAD. */
export function allowedMethods(...methods: readonly string[]): Handler<OriginEnv> {
  const allow = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ')
  return (context) => {
    context.header('Allow', allow)
    return respondError(context, { code: 'method_not_allowed' })
  }
}
