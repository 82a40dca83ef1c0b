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
 * After an upgrade whose migrations changed what a search compares, makes the stored text of some contacts again with each
 * call, until none are left; from then on a call does nothing. Any number of origins may do so at once. A search finds
 * contacts by their earlier text meanwhile. Answers whether all is done.
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
