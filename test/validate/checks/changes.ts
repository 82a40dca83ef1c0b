import pLimit from 'p-limit'
import { resources } from '../../../shared/resources/index.ts'
import { cases } from '../../resources/cases/index.ts'
import { NotApplicable } from '../check-endings.ts'
import { NoAnswer } from '../deployment.ts'
import { isSame, put, type Question, questionsOf } from '../questions.ts'
import type { Check, Run } from '../run.ts'
import { askUntilHit, awaitSighting, questionsWithin } from '../sightings.ts'

export const changes: Check = {
  name: 'changes',
  title:
    'a row that is changed in the database changes the answer of each resource, and so does one that is made',
  needsCanary: true,
  skippedBecause: ({ databaseUrl }) => (databaseUrl === null ? 'VALIDATE_DATABASE_URL is not set' : null),
  requestsMax: ({ rowBoundMs }) => resources.length * 2 * (4 + questionsWithin(rowBoundMs)),
  writes: 'rows of each resource',
  async run(run) {
    const limit = pLimit(run.given.pace.changesAtOnce)
    const byResource = Map.groupBy(questionsOf(run), ({ resource }) => resource.name)
    const took = await Promise.all(
      resources.map(({ name }) =>
        limit(() => {
          const { write, creation } = cases[name]
          return change(run, byResource.get(name) ?? [], (place) => `${write(place)} ${creation(place)}`)
        }),
      ),
    )
    const inTimeMs = took.flat()
    if (inTimeMs.length > 0)
      run.figure('a row of each resource, until its answer has it', inTimeMs, `${run.given.rowBoundMs} ms`)
  },
}

type Rows = NonNullable<Run['canary']['rows']>

/** Changes and makes rows of one resource, and waits for both answers. Answers after how long each had it. */
async function change(
  run: Run,
  questions: readonly Question[],
  sqlOf: (place: Rows['place']) => string,
): Promise<number[]> {
  const { rows } = run.canary
  if (rows === null) throw new NotApplicable('there are no rows')
  const boundMs = run.given.rowBoundMs
  await run.deployment.makeRoom(questions.length * 4)
  try {
    const before = await Promise.all(
      questions.map((question) => askUntilHit(run, () => put(run.ask, question))),
    )
    await rows.execute(sqlOf(rows.place))
    const sinceMs = performance.now()
    const seen = await Promise.all(
      questions.map((question, index) =>
        awaitSighting(
          run,
          { sinceMs, boundMs },
          () => put(run.ask, question, { isTimed: true }),
          (answer) => before[index] !== undefined && answer.status < 500 && !isSame(answer, before[index]),
        ),
      ),
    )
    for (const [index, sighting] of seen.entries()) {
      if (!sighting.isInTime)
        run.fail(
          `${questions[index]?.name}: the change of its row is seen within ${boundMs} ms`,
          `the older answer (${sighting.last})`,
        )
    }
    return seen.flatMap((sighting) => (sighting.isInTime ? [sighting.tookMs] : []))
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    run.fail(`${questions[0]?.name} is answered`, error.message)
    return []
  }
}
