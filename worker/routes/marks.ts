import { markAnswerSchema, markRequestSchema } from '../../shared/contract/marks.ts'
import { limits } from '../../shared/limits.ts'
import { err, ok } from '../../shared/result.ts'
import { enveloped, respondData } from '../http/answers.ts'
import { defineRoute } from '../http/route.ts'

/** `POST /api/cache/marks`: the origin's relay proves up to when everything that was committed has been told to the ledgers. */
export const marksRoute = defineRoute({
  method: 'POST',
  path: '/api/cache/marks',
  summary: 'Mark the instant up to which every committed change has been invalidated',
  description:
    "Only the origin's relay calls this. The answer has an instant; a snapshot of the database that is taken later can be marked with it. An entry that did not move counts its lifetime from the mark.",
  access: 'internal-key',
  takes: { body: { schema: markRequestSchema, bytesMax: limits.markBodyBytesMax } },
  gives: enveloped(markAnswerSchema),
  errors: ['ledger_unavailable'],
  async handle({ input, services }) {
    const answer = await services.marks.take(input.body.mark)
    return answer === null
      ? err({ code: 'ledger_unavailable', retryAfterSeconds: limits.retryAfterSeconds })
      : ok(respondData(answer))
  },
})
