import type { Clock } from '../../../shared/clock.ts'
import type { WireError } from '../../../shared/contract/errors.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { resources } from '../../../shared/resources/index.ts'
import type { Question, Resource } from '../../../shared/resources/question.ts'
import { workspaceConfig } from '../../../shared/resources/workspace/workspace-config.ts'
import type { Result } from '../../../shared/result.ts'
import type { AskedQuestion } from '../../cache/ahead/demand.ts'
import { aheadOutcomeOf } from '../../cache/ahead/loads-ahead.ts'
import { type AnswerQuestion, createAnswer } from '../../cache/answer.ts'
import type { ReadAnswer } from '../../cache/read.ts'
import type { createReadPath } from '../../cache/read-path.ts'
import type { SettingsCaller } from '../../cache/settings-reader.ts'
import { rolloutBy } from '../../cache/shadow-read.ts'
import { plainWish } from '../../cache/wish.ts'
import type { Origin } from '../../outbound/origin-client.ts'
import type { AheadDeskParts } from './ahead-desk.ts'

const byName: ReadonlyMap<string, Resource> = new Map(resources.map((resource) => [resource.name, resource]))

interface LoaderParts {
  readonly path: Pick<ReturnType<typeof createReadPath>, 'reader' | 'settings' | 'views'>
  readonly origin: Pick<Origin, 'load' | 'breaker'>
  readonly clock: Clock
  newId(): string
}

/**
 * Loads through the read path, so that what is loaded has a stamp and is judged like any other entry. It is called in the name of the
 * service, and therefore covers only what all members share.
 */
export function createAheadLoader({
  path,
  origin,
  newId,
}: LoaderParts): Pick<AheadDeskParts, 'load' | 'hoursOf'> & { isOriginAway(): boolean } {
  const { settings, views } = path
  const answer: AnswerQuestion = createAnswer(path.reader, settings, origin)

  /** Asks, and waits until all tiers have stored the answer. */
  async function ask(
    workspaceId: WorkspaceId,
    question: Question,
    caller: SettingsCaller,
    puts: readonly Promise<unknown>[],
  ): Promise<Result<ReadAnswer, WireError>> {
    const answered = await answer({ question, workspaceId, caller, wish: plainWish, isWarmUp: true })
    // A put may add another one.
    for (const put of puts) await put
    return answered
  }

  function callerWith(puts: Promise<unknown>[]): SettingsCaller {
    const keepAlive = (work: Promise<unknown>) => void puts.push(work)
    return { kind: 'service', userId: null, requestId: newId(), keepAlive }
  }

  return {
    isOriginAway: () => origin.breaker().state === 'open',
    async load({ workspaceId, why, asked }) {
      const puts: Promise<unknown>[] = []
      const caller = callerWith(puts)
      const question = questionOf(asked)
      // The tiers must answer the workspace: otherwise every load would be a query for nobody.
      const proof = await views.current(workspaceId, { kind: 'bounded' }, caller.keepAlive)
      if (question === null || !proof.ok || rolloutBy(proof) !== 'on') return 'refused'
      const { features } = await settings.inForce(workspaceId, caller)
      if (!features.prefetch || (why === 'schedule' && !features.warmBeforeWork)) return 'refused'
      return aheadOutcomeOf(await ask(workspaceId, question, caller, puts))
    },
    async hoursOf(workspaceId) {
      const puts: Promise<unknown>[] = []
      const answered = await ask(workspaceId, workspaceConfig.questionOf({}), callerWith(puts), puts)
      const found = answered.ok ? workspaceConfig.dataOf(answered.value.entry.body) : null
      return found === null ? null : { timeZone: found.time_zone, hours: found.working_hours }
    },
  }
}

/** The question as this release asks it; null if the release has no such resource, or other parameters. */
export function questionOf({ resource, params }: AskedQuestion): Question | null {
  try {
    return byName.get(resource)?.questionFrom(JSON.parse(params)) ?? null
  } catch {
    return null
  }
}
