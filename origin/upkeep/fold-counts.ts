import { z } from 'zod'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { RpcArguments } from '../database/database.ts'
import type { DatabaseFailure } from '../failures.ts'

/** Calls a SQL function as the service role and answers its jsonb without checking it. Never rejects. */
export type CallAsService = (
  functionName: string,
  args: RpcArguments,
  signal: AbortSignal,
) => Promise<Result<unknown, DatabaseFailure>>

const foldedSchema = z.object({
  outcome: z.literal('ok'),
  contacts: z.int().nonnegative(),
  assignees: z.int().nonnegative(),
  campaigns: z.int().nonnegative(),
})

/**
 * Combines the rows that writes append to the tallies, so that each count is a sum of few rows. It stops when no rows are
 * left or after `foldRoundsMax` calls, and answers the number of rows that it combined. Any number of origins may run it
 * at once, about every second. If it does not run, counts stay right and become slower.
 */
export async function foldCounts(
  callAsService: CallAsService,
  signal: AbortSignal,
): Promise<Result<number, DatabaseFailure>> {
  let rows = 0
  for (let round = 0; round < limits.foldRoundsMax; round++) {
    const called = await callAsService('fold_counts', { p_rows_max: limits.foldRowsMax }, signal)
    if (!called.ok) return called
    const folded = foldedSchema.safeParse(called.value)
    if (!folded.success) return err({ kind: 'invalid', code: 'fold_counts: not the declared answer' })
    const { contacts, assignees, campaigns } = folded.data
    rows += contacts + assignees + campaigns
    if (Math.max(contacts, assignees, campaigns) < limits.foldRowsMax) break
  }
  return ok(rows)
}
