import { whenReady } from '../../../shared/awaitable.ts'
import type { Clock } from '../../../shared/clock.ts'
import { pause } from '../../../shared/clock.ts'
import { deploymentId, type WorkspaceId } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { Question } from '../../../shared/resources/question.ts'
import { hasPlainKey } from '../../entry/key.ts'
import type { Inquiry } from '../answer.ts'
import type { SettingsReader } from '../settings-reader.ts'

/** A question by its resource and its parameters as JSON. It is the same question in a release whose keys are others. */
export interface AskedQuestion {
  readonly resource: string
  readonly params: string
}

/** The questions of a workspace that its readers look at. `isScheduled`: it wants them loaded before its working hours. */
export interface ToldDemand {
  readonly workspaceId: WorkspaceId
  readonly isScheduled: boolean
  readonly questions: readonly AskedQuestion[]
}

/** Tells the deployment of demand. Never rejects: demand that cannot be told is told again when it is read again. */
export type TellDemand = (told: readonly ToldDemand[]) => Promise<void>

/** Collects the questions that readers of this isolate look at, and tells the deployment of them, which outlives a deploy. */
export interface Demand {
  note(inquiry: Inquiry): void
}

interface DemandOptions {
  readonly settings: Pick<SettingsReader, 'inForce'>
  readonly clock: Clock
  /** Uniform in [0, 1). */
  random(): number
  readonly tell: TellDemand
}

interface Pending {
  readonly isScheduled: boolean
  readonly questions: Map<string, AskedQuestion>
}

/** One call tells what many reads had to say. It is made by the request whose read was the first of them. */
export function createDemand({ settings, clock, random, tell }: DemandOptions): Demand {
  let pending = new Map<WorkspaceId, Pending>()
  let carriedSinceMs: number | null = null

  async function carry(): Promise<void> {
    await pause(clock, limits.aheadTellWaitMs + random() * limits.aheadTellSpreadMs)
    carriedSinceMs = null
    const told = [...pending].map(([workspaceId, { isScheduled, questions }]) => ({
      ...{ workspaceId, isScheduled },
      questions: [...questions.values()],
    }))
    pending = new Map()
    await tell(told)
  }

  function add({ workspaceId, caller }: Inquiry, asked: AskedQuestion, isScheduled: boolean): void {
    const known = pending.get(workspaceId)
    if (known === undefined && pending.size >= limits.aheadToldWorkspacesMax) return
    const questions = known?.questions ?? new Map<string, AskedQuestion>()
    if (questions.size < limits.aheadQuestionsMax) questions.set(`${asked.resource} ${asked.params}`, asked)
    pending.set(workspaceId, { isScheduled, questions })
    // The platform may have ended the request that carries, and its timer with it.
    const isCarried = carriedSinceMs !== null && clock.now() - carriedSinceMs < limits.aheadTellLostMs
    if (isCarried) return
    carriedSinceMs = clock.now()
    caller.keepAlive(carry())
  }

  return {
    note(inquiry) {
      const { question, workspaceId, caller } = inquiry
      const asked = askedOf(question)
      if (asked === null || workspaceId === deploymentId) return
      const noted = whenReady(settings.inForce(workspaceId, caller), ({ features }) => {
        if (features.prefetch) add(inquiry, asked, features.warmBeforeWork)
      })
      if (noted instanceof Promise) caller.keepAlive(noted)
    },
  }
}

/**
 * The question in a form that outlives a release; null if it cannot be loaded without its reader. That is so for a user's own answer, for
 * a resource that is closed to services and hubs, and for a question whose key is a digest, which nobody can ask again.
 */
export function askedOf(question: Question): AskedQuestion | null {
  const { resource, sharing, isBypass } = question
  const isOpen = resource.callers.includes('service') || resource.callers.includes('hub')
  if (sharing !== 'workspace' || isBypass || !isOpen || !hasPlainKey(question)) return null
  const params = JSON.stringify(question.params)
  return params.length > limits.aheadParamsCharactersMax ? null : { resource: resource.name, params }
}
