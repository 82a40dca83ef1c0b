import { describe, expect, it } from 'vitest'
import { versionSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import { familyMove } from '../../../shared/tags/moves.ts'
import { createLedgerClient } from '../../../worker/ledger/ledger-client.ts'
import type { LedgerAdvance } from '../../../worker/ledger/ledger-messages.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const workspaceId = workspaceIdSchema.parse('15213')
const events = [{ moves: [familyMove('counts')] }, { moves: [familyMove('settings')] }]

/** The client's answer to an advance if the ledger's answer is this text of JSON. */
async function advanceTo(answer: string) {
  const stub = {
    advance: async (): Promise<LedgerAdvance> => JSON.parse(answer),
    since: () => Promise.reject(new Error('must not be called')),
  }
  const client = createLedgerClient(() => stub, createFakeClock(), { record: () => undefined })
  return client.advance(workspaceId, events, { cause: 'api', userId: null })
}

describe('the answer of a ledger to an advance', () => {
  it('is accepted if it has an outcome for each event', async () => {
    const version = versionSchema.parse(8)
    const outcomes = [{ version }, { isIdOfAnother: true }]
    expect(await advanceTo(JSON.stringify({ version, outcomes }))).toEqual({
      ok: true,
      value: { version, outcomes },
    })
  })

  it.each([
    ['has too few outcomes', '{"version":8,"outcomes":[{"version":8}]}'],
    ['has too many outcomes', '{"version":8,"outcomes":[{"version":7},{"version":8},{"version":9}]}'],
    ['has an outcome without a version', '{"version":8,"outcomes":[{"version":7},{}]}'],
    ['has an outcome that is no object', '{"version":8,"outcomes":[{"version":7},null]}'],
    ['has a version that is no number', '{"version":"8","outcomes":[{"version":7},{"version":8}]}'],
    ['has no outcomes', '{"version":8}'],
  ])('counts as a failure if it %s', async (_name, answer) => {
    expect(await advanceTo(answer)).toEqual({ ok: false, error: { kind: 'unavailable' } })
  })
})
