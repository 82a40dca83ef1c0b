import { z } from 'zod'
import { NotApplicable, Unmet } from '../check-endings.ts'
import { describeAnswer, nameOfRound, parseJson, rename } from '../probe-contact.ts'
import type { Check, Run } from '../run.ts'
import { askUntilHit, awaitSighting, questionsWithin, takeRounds } from '../sightings.ts'

const answeredSchema = z.object({ data: z.object({ version: z.number() }) })

export const invalidation: Check = {
  name: 'invalidation',
  title: 'once an invalidation is acknowledged, no answer is older than it past the staleness bound',
  needsCanary: true,
  skippedBecause({ internalAuthKey, databaseUrl, place }) {
    if (internalAuthKey === null) return 'INTERNAL_AUTH_KEY is not set'
    return databaseUrl === null && place === null
      ? 'there is neither VALIDATE_DATABASE_URL nor --board and --column'
      : null
  },
  requestsMax: ({ pace, stalenessBoundMs }) => pace.rounds * (6 + questionsWithin(stalenessBoundMs)) + 2,
  writes: "changes of the run's own contact, each with an invalidation",
  async run(run) {
    const { contact } = run.canary
    if (contact === null) throw new NotApplicable('there is no contact of the run')
    const { pace, stalenessBoundMs: boundMs } = run.given
    await takeRounds(
      run,
      { name: 'an invalidation, until it is seen', boundMs, rounds: pace.rounds },
      async (index) => {
        await askUntilHit(run, () => run.ask(contact.path))
        const name = nameOfRound('invalidated', index)
        await rename(run, contact, name)
        const eventId = crypto.randomUUID()
        const version = await invalidate(run, contact.id, eventId)
        const sinceMs = performance.now()
        const seen = await awaitSighting(
          run,
          { sinceMs, boundMs },
          () => run.ask(contact.path, { isTimed: true }),
          ({ text }) => text.includes(name),
        )
        if (index === 0 && (await invalidate(run, contact.id, eventId)) !== version)
          run.fail('the same event again gets the same version', 'another one')
        return seen.isInTime ? seen.tookMs : null
      },
    )
  },
}

/** Reports a change as the backend does. Answers its version. */
async function invalidate(run: Run, contactId: string, eventId: string): Promise<number> {
  const answer = await run.ask('/api/cache/invalidate', {
    as: 'service',
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      workspaceId: run.given.workspaceId,
      contactId,
      action: 'contact_updated',
      eventId,
    }),
  })
  const parsed = answeredSchema.safeParse(parseJson(answer.text))
  if (answer.status !== 200 || !parsed.success)
    throw new Unmet('an invalidation with the internal key is taken', describeAnswer(answer))
  return parsed.data.data.version
}
