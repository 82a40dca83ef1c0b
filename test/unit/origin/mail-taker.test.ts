import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Database } from '../../../origin/database/database.ts'
import { createPlaces } from '../../../origin/database/places.ts'
import { createQueries } from '../../../origin/database/queries.ts'
import { createQueryMetrics } from '../../../origin/database/query-metrics.ts'
import { createMailTaker } from '../../../origin/inbound-email/mail-taker.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createFakeClock, settle } from '../../support/fake-clock.ts'
import { mail } from '../../support/mail.ts'

const outcome = { status: 'queued', workspaceId: '15213', priority: 'normal' }

/** The answer of the database to messages that are asked for together: it queues all of them, leaves them all, or fails. */
type Together = 'queues' | 'leaves' | 'fails'

/** A taker with real turns, whose database answers at once, and how many of `count` messages to that many addresses it has answered. */
async function answeredOf(count: number, addresses: number, queriesAtOnceMax: number, together: Together) {
  const clock = createFakeClock()
  const database: Database = {
    async callRpc(functionName, args) {
      await Promise.resolve()
      if (functionName !== 'inbound_email_take_together') return ok({ outcome: 'ok', mail: outcome })
      const mails = [args['p_mails']].flat()
      if (together === 'fails') return err({ kind: 'unavailable' })
      return ok({ outcome: 'ok', mails: mails.map(() => (together === 'queues' ? outcome : null)) })
    },
    probe: () => Promise.resolve(true),
  }
  const taker = createMailTaker({
    queries: createQueries({
      ...{ database, clock, metrics: createQueryMetrics(), queryDeadlineMs: limits.queryDeadlineMs },
      places: createPlaces({ queriesAtOnceMax, queriesWaitingMax: limits.queriesWaitingDefault }),
    }),
    pace: { record: () => undefined, isSlow: () => false },
    clock,
    random: () => 0.5,
    factsOf: () => ({ domain: null, isFreeMail: false, companyName: null }),
  })
  let answered = 0
  for (let number = 0; number < count; number += 1) {
    const { sender, ...email } = mail({ recipients: [`us@${number % addresses}.example`] })
    void taker.take(email).then(({ ok: isTaken }) => {
      if (isTaken) answered += 1
    })
  }
  for (let turn = 0; turn < count; turn += 1) await settle()
  return answered
}

describe('messages that come at once', () => {
  test('are answered as soon as the database answers, however many there are, to however many addresses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 * limits.mailsTogetherMin }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: limits.queriesAtOnceMin, max: limits.queriesAtOnceDefault }),
        fc.constantFrom<Together>('queues', 'leaves', 'fails'),
        async (count, addresses, queriesAtOnce, together) => {
          expect(await answeredOf(count, addresses, queriesAtOnce, together)).toBe(count)
        },
      ),
    )
  })
})
