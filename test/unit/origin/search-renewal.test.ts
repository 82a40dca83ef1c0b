import { expect, test } from 'vitest'
import type { CallAsService } from '../../../origin/upkeep/fold-counts.ts'
import { createSearchRenewal } from '../../../origin/upkeep/search-renewal.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'

const { signal } = new AbortController()

/** Gives one of the answers to each call. */
function databaseWith(...answers: Awaited<ReturnType<CallAsService>>[]) {
  const calls: string[] = []
  const call: CallAsService = async (functionName, args) => {
    calls.push(`${functionName} ${JSON.stringify(args)}`)
    return answers[calls.length - 1] ?? err({ kind: 'unavailable' })
  }
  return { call, calls }
}

test('continues from call to call until all is done, and then calls the database no more', async () => {
  const answer = (is_done: boolean) => ok({ outcome: 'ok', looked_at: 1, renewed: 1, is_done })
  const { call, calls } = databaseWith(answer(false), ok({ outcome: 'busy' }), answer(true))
  const renew = createSearchRenewal(call)
  const said = []
  for (let round = 0; round < 5; round++) said.push(await renew(signal))
  expect(said).toEqual([ok(false), ok(false), ok(true), ok(true), ok(true)])
  expect(calls).toEqual(Array(3).fill(`search_text_renew {"p_rows_max":${limits.renewedRowsMax}}`))
})

test('passes a failure on and tries again, and treats an answer that is not the declared one as a failure', async () => {
  const done = ok({ outcome: 'ok', is_done: true })
  const renew = createSearchRenewal(databaseWith(err({ kind: 'unavailable' }), ok({}), done).call)
  expect(await renew(signal)).toEqual(err({ kind: 'unavailable' }))
  expect(await renew(signal)).toMatchObject(err({ kind: 'invalid', code: expect.any(String) }))
  expect(await renew(signal)).toEqual(ok(true))
})
