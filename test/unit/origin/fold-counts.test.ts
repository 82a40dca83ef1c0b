import { expect, test } from 'vitest'
import { type CallAsService, foldCounts } from '../../../origin/upkeep/fold-counts.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'

const { signal } = new AbortController()

type Tally = 'contacts' | 'assignees' | 'campaigns'

/** Answers the given numbers of rows of one tally, one for each call, and the last one from then on. */
function databaseWith(tally: Tally, ...rows: number[]): { call: CallAsService; calls: string[] } {
  const calls: string[] = []
  return {
    calls,
    call: async (functionName, args) => {
      calls.push(`${functionName} ${JSON.stringify(args)}`)
      const taken = rows[Math.min(calls.length, rows.length) - 1]
      return ok({ outcome: 'ok', contacts: 1, assignees: 1, campaigns: 1, [tally]: taken })
    },
  }
}

test.each<Tally>(['contacts', 'assignees', 'campaigns'])(
  'continues until a call leaves no %s, and answers the number of rows',
  async (tally) => {
    const { call, calls } = databaseWith(tally, limits.foldRowsMax, limits.foldRowsMax, 7)
    expect(await foldCounts(call, signal)).toEqual(ok(2 * limits.foldRowsMax + 7 + 6))
    expect(calls).toEqual(Array(3).fill(`fold_counts {"p_rows_max":${limits.foldRowsMax}}`))
  },
)

test('ends after a limited number of calls, however much is left', async () => {
  const { call, calls } = databaseWith('contacts', limits.foldRowsMax)
  expect(await foldCounts(call, signal)).toMatchObject({ ok: true })
  expect(calls).toHaveLength(limits.foldRoundsMax)
})

test('passes a failure on, and treats an answer that is not the declared one as a failure', async () => {
  expect(await foldCounts(async () => err({ kind: 'unavailable' }), signal)).toEqual(
    err({ kind: 'unavailable' }),
  )
  expect(await foldCounts(async () => ok({ outcome: 'ok' }), signal)).toMatchObject(
    err({ kind: 'invalid', code: expect.any(String) }),
  )
})
