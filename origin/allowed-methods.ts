import type { Handler } from 'hono'
import type { OriginEnv } from './answers.ts'
import { respondError } from './answers.ts'

/** What a route answers to every other method (RFC 9110, 15.5.6: with `Allow`). */
export function allowedMethods(...methods: readonly string[]): Handler<OriginEnv> {
  return (context) => {
    context.header('Allow', methods.join(', '))
    return respondError(context, { code: 'method_not_allowed' })
  }
}
