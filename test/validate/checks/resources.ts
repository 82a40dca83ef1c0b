import pLimit from 'p-limit'
import { z } from 'zod'
import { firstDifference } from '../../support/lasting-part.ts'
import { validateBounds as bounds } from '../bounds.ts'
import { switchCache } from '../cache-switch.ts'
import { Unmet } from '../check-endings.ts'
import { type Answer, NoAnswer } from '../deployment.ts'
import { describeAnswer, parseJson } from '../probe-contact.ts'
import { lastingOf, put, type Question, questionsOf, unaskedOf } from '../questions.ts'
import type { Check, Run } from '../run.ts'
import { askUntilHit, awaitSighting, isHit } from '../sightings.ts'

interface Three {
  readonly cold: Answer | null
  readonly warm: Answer | null
  readonly database: Answer | null
}

const outdatedSchema = z.object({ data: z.object({ version: z.number() }) })

export const resourcesAgree: Check = {
  name: 'resources',
  title: 'each resource answers the same cold, warm and from the database, and what does not exist likewise',
  needsCanary: true,
  skippedBecause: () => null,
  // Two questions of each resource, put four times as a rule; and one more for each while tiers are filled slowly.
  requestsMax: (given) => 12 * questionsOf({ given, canary: { rows: null, contact: null } }).length + 20,
  writes: "the canary's cache is outdated once, and switched off for a moment",
  async run(run) {
    const questions = questionsOf(run)
    const limit = pLimit(bounds.atOnce)
    const all = <Value>(each: (question: Question) => Promise<Value>) =>
      Promise.all(questions.map((question) => limit(() => each(question))))

    const body = JSON.stringify({ workspaceId: run.given.workspaceId })
    const headers = { 'Content-Type': 'application/json' }
    const outdated = await run.ask('/api/cache-settings/invalidate', { method: 'POST', body, headers })
    const parsed = outdatedSchema.safeParse(parseJson(outdated.text))
    if (outdated.status !== 200 || !parsed.success)
      throw new Unmet("an admin may outdate a workspace's cache", describeAnswer(outdated))
    // Without the version an answer may be as old as the staleness bound, and from before the contact of this run.
    const atLeast = { 'X-Min-Version': String(parsed.data.data.version) }
    const cold = await all((question) =>
      answerOf(run, question, () =>
        // The deployment's own resource has other versions.
        put(run.ask, question, question.resource.scope === 'deployment' ? {} : { headers: atLeast }),
      ),
    )
    run.progress('cold')
    const warm = await all((question) =>
      answerOf(run, question, () => askUntilHit(run, () => put(run.ask, question))),
    )
    run.progress('warm')
    await switchCache(run, false)
    const database = await all(async (question) =>
      question.resource.scope === 'deployment'
        ? null
        : answerOf(run, question, () => askDatabase(run, question)),
    )
    await switchCache(run, true)
    for (const [index, question] of questions.entries()) {
      const three = {
        cold: cold[index] ?? null,
        warm: warm[index] ?? null,
        database: database[index] ?? null,
      }
      judge(run, question, three)
    }
    const unasked = unaskedOf(run.given)
    if (unasked.length > 0) run.note(`not asked without INTERNAL_AUTH_KEY: ${unasked.join(', ')}`)
    if (run.canary.rows === null)
      run.note('VALIDATE_DATABASE_URL is not set, so most questions are about what does not exist')
    run.note(
      `${questions.length} questions about ${new Set(questions.map(({ resource }) => resource.name)).size} resources`,
    )
  },
}

async function answerOf(run: Run, { name }: Question, ask: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    run.fail(`${name} is answered`, error.message)
    return null
  }
}

/** Isolates hear of the switch one after the other, within the staleness bound. */
async function askDatabase(run: Run, question: Question): Promise<Answer> {
  const until = { sinceMs: performance.now(), boundMs: run.given.stalenessBoundMs }
  let last = await put(run.ask, question)
  if (!isHit(last)) return last
  const again = async () => {
    last = await put(run.ask, question)
    return last
  }
  await awaitSighting(run, until, again, (answer) => !isHit(answer))
  return last
}

function judge(run: Run, { name, isThere, resource }: Question, { cold, warm, database }: Three): void {
  if (cold === null || warm === null) return
  const expected = run.canary.rows !== null && isThere ? [200] : [200, 404]
  if (!expected.includes(cold.status)) {
    run.fail(`${name} is answered with ${expected.join(' or ')}`, describeAnswer(cold))
    return
  }
  compare(run, `${name}, cold and warm`, cold, warm)
  if (!isHit(warm))
    run.fail(
      `${name} comes from a tier within ${bounds.warmWithinMs} ms`,
      warm.headers.get('Cache-Status') ?? 'no Cache-Status',
    )
  // The deployment has no settings, so its one resource cannot be asked for past the cache.
  if (database === null || resource.scope === 'deployment') return
  if (isHit(database)) run.fail(`${name} comes from the database while the cache is off`, 'a tier')
  compare(run, `${name}, warm and from the database`, warm, database)
}

function compare(run: Run, what: string, one: Answer, other: Answer): void {
  const place = firstDifference(lastingOf(one), lastingOf(other))
  if (place !== null)
    run.fail(
      `${what}: the same`,
      place === 'status' ? `${one.status} and ${other.status}` : `differs at ${place}`,
    )
}
