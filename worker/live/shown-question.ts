import { deploymentId, type UserId, type WorkspaceId } from '../../shared/ids.ts'
import { resources } from '../../shared/resources/index.ts'
import type { Question, Resource } from '../../shared/resources/question.ts'

/** A question that a client shows, with the user that its answer belongs to. */
export interface ShownQuestion {
  /** The same text for the same question, however it is written, and for the same owner. */
  readonly key: string
  readonly question: Question
  /** Null if the workspace shares the answer. */
  readonly owner: UserId | null
}

/** The characters of a URL's path and query (RFC 3986): none outside of ASCII, and no fragment. */
const urlText = /^\/[!-"$-~]*$/

const routes = resources
  .filter(({ scope, callers }) => scope === 'workspace' && isOpenTo(callers, 'member'))
  .map((resource) => ({
    resource: resource satisfies Resource as Resource,
    segments: resource.route.split('/'),
  }))

/**
 * Parses the path and the query of a GET by the declarations of the resources, as the routes do. Null if no resource that members read
 * has it, if a parameter is not valid, or if it names another workspace or asks for an answer past the cache.
 */
export function parseShown(text: string, workspaceId: WorkspaceId): Question | null {
  if (!urlText.test(text)) return null
  const queryAt = text.indexOf('?')
  const path = queryAt < 0 ? text : text.slice(0, queryAt)
  const query = queryOf(queryAt < 0 ? '' : text.slice(queryAt + 1))
  if (query === null) return null
  for (const { resource, segments } of routes) {
    const parameters = parametersOf(path, segments)
    if (parameters === null) continue
    const parsed = resource.parse(parameters, query)
    const isOurs = parameters['workspaceId'] === undefined || parameters['workspaceId'] === workspaceId
    if (!parsed.ok || !isOurs || parsed.value.isBypass || workspaceId === deploymentId) return null
    return parsed.value
  }
  return null
}

/** The question of a user. */
export function shownBy(question: Question, userId: UserId): ShownQuestion {
  const owner = question.sharing === 'user' ? userId : null
  return { key: keyOf(question, owner), question, owner }
}

function isOpenTo(callers: Resource['callers'], kind: Resource['callers'][number]): boolean {
  return callers.includes(kind)
}

/** Whether the hub may load a question's answer with the internal key. */
export function isLoadable({ question, owner }: ShownQuestion): boolean {
  const { callers } = question.resource
  return owner === null && (callers.includes('service') || callers.includes('hub'))
}

function keyOf({ resource, params }: Question, owner: UserId | null): string {
  const values = Object.keys(resource.params.shape).map((name) => params[name] ?? null)
  return JSON.stringify([resource.name, resource.version, owner, values])
}

/** The parameters of a path that fits a route, percent-decoded; null if it does not fit. */
function parametersOf(path: string, segments: readonly string[]): Record<string, string> | null {
  const given = path.split('/')
  if (given.length !== segments.length) return null
  const parameters: [string, string][] = []
  for (const [index, segment] of segments.entries()) {
    const value = given[index] ?? ''
    if (segment.startsWith('{')) {
      const decoded = decodedOf(value)
      if (decoded === null) return null
      parameters.push([segment.slice(1, -1), decoded])
    } else if (segment !== value) return null
  }
  return Object.fromEntries(parameters)
}

/** The parameters of a query; null if one is given twice, or not well encoded. */
function queryOf(query: string): Record<string, string> | null {
  if (decodedOf(query) === null) return null
  const entries = [...new URLSearchParams(query)]
  const parameters = new Map(entries)
  return parameters.size === entries.length ? Object.fromEntries(parameters) : null
}

function decodedOf(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text)
    return decoded.includes('\0') ? null : decoded
  } catch {
    return null
  }
}
