import { z } from 'zod'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { DatabaseFailure } from '../failures.ts'
import type { CallAsService } from './fold-counts.ts'

const renewedSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('busy') }),
  z.object({ outcome: z.literal('ok'), is_done: z.boolean() }),
])

/**
 * Renews the stored search text after an upgrade whose migrations changed what a search compares. Each call renews the
 * text of some contacts and answers whether all are done; from then on a call does nothing. Any number of origins may run
 * it at once. Until its text is renewed, a search finds a contact by the old text.
 */
export function createSearchRenewal(
  callAsService: CallAsService,
): (signal: AbortSignal) => Promise<Result<boolean, DatabaseFailure>> {
  let isDone = false
  return async (signal) => {
    if (isDone) return ok(true)
    const called = await callAsService('search_text_renew', { p_rows_max: limits.renewedRowsMax }, signal)
    if (!called.ok) return called
    const renewed = renewedSchema.safeParse(called.value)
    if (!renewed.success) return err({ kind: 'invalid', code: 'search_text_renew: not the declared answer' })
    isDone = renewed.data.outcome === 'ok' && renewed.data.is_done
    return ok(isDone)
  }
}
