import { NotApplicable } from '../check-endings.ts'
import { nameOfRound } from '../probe-contact.ts'
import type { Check } from '../run.ts'
import { askUntilHit, awaitSighting, questionsWithin, takeRounds } from '../sightings.ts'

export const rows: Check = {
  name: 'rows',
  title: 'a row that is changed in the database, and that nobody reports, is seen within its bound',
  needsCanary: true,
  skippedBecause: ({ databaseUrl }) => (databaseUrl === null ? 'VALIDATE_DATABASE_URL is not set' : null),
  requestsMax: ({ pace, rowBoundMs }) => pace.rounds * (4 + questionsWithin(rowBoundMs)),
  writes: "changes of the run's own contact in the database",
  async run(run) {
    const { contact, rows: canaryRows } = run.canary
    if (contact === null || canaryRows === null) throw new NotApplicable('there is no contact of the run')
    const { pace, rowBoundMs: boundMs } = run.given
    await takeRounds(
      run,
      { name: 'a row, until its board shows it', boundMs, rounds: pace.rounds },
      async (index) => {
        await askUntilHit(run, () => run.ask(contact.page))
        const name = nameOfRound('changed', index)
        await canaryRows.rename(contact.id, name)
        const sinceMs = performance.now()
        const seen = await awaitSighting(
          run,
          { sinceMs, boundMs },
          () => run.ask(contact.page, { isTimed: true }),
          ({ text }) => text.includes(name),
        )
        return seen.isInTime ? seen.tookMs : null
      },
    )
  },
}
