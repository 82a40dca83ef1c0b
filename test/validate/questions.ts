import { resources } from '../../shared/resources/index.ts'
import type { Resource } from '../../shared/resources/question.ts'
import type { Place } from '../resources/cases/case.ts'
import { cases } from '../resources/cases/index.ts'
import { lastingPart } from '../support/lasting-part.ts'
import type { Answer, Ask, Caller, Sent } from './deployment.ts'
import type { Given } from './given.ts'
import { parseJson } from './probe-contact.ts'
import type { Run } from './run.ts'

/** A question about a declared resource, with the caller who may put it. */
export interface Question {
  readonly name: string
  readonly resource: Resource
  readonly path: string
  readonly caller: Caller
  /** Whether the rows of the case answer it. The other question of a case is about something that is not there. */
  readonly isThere: boolean
}

/** All questions that the caller can put: two for each resource of the registry, or one where a resource is never absent. */
export function questionsOf({ given, canary }: Pick<Run, 'given' | 'canary'>): Question[] {
  const place = canary.rows?.place ?? placeOf(given)
  return resources.flatMap((resource): Question[] => {
    const caller = callerOf(resource, given)
    if (caller === null) return []
    const { there, notThere } = cases[resource.name]
    const paths = [...new Set([there(place), notThere(place)])]
    return paths.map((path, index) => ({
      name: index === 0 ? resource.name : `${resource.name}, absent`,
      ...{ resource, path, caller, isThere: index === 0 },
    }))
  })
}

/** Without a database only paths are made, so that the rest is of no meaning. */
const placeOf = ({ workspaceId, tokens }: Given): Place => ({
  ...{ workspaceId, userId: tokens.userId, mark: 'zq', size: 1, now: new Date(0).toISOString() },
})

function callerOf(resource: Resource, { internalAuthKey }: Given): Caller | null {
  if (resource.callers.includes('member')) return 'admin'
  if (internalAuthKey === null) return null
  return resource.scope === 'deployment' ? 'service' : 'backend'
}

/** The resources that nobody here may ask for. */
export function unaskedOf(given: Given): string[] {
  return resources.filter((resource) => callerOf(resource, given) === null).map(({ name }) => name)
}

export const put = (ask: Ask, { path, caller }: Question, sent: Sent = {}): Promise<Answer> =>
  ask(path, { as: caller, ...sent })

/** An answer as it can be compared with another one. */
export function lastingOf({ status, text }: Answer): { readonly status: number; readonly body: unknown } {
  return { status, body: lastingPart(parseJson(text)) }
}

export const isSame = (one: Answer, other: Answer) =>
  JSON.stringify(lastingOf(one)) === JSON.stringify(lastingOf(other))
