import type { paths } from './api-types.ts'

/** The routes of the lookups that a member may make, as in `/openapi.json`. */
export type LookupRoute = {
  [Route in keyof paths]: paths[Route] extends {
    readonly get: { readonly responses: { readonly 200: unknown } }
  }
    ? Route
    : never
}[keyof paths]

type Operation<Route extends LookupRoute> = paths[Route]['get']

/** Numbers may be given where the API takes them as text. */
type Given<Parameters> = {
  readonly [Name in keyof Parameters]: string extends Parameters[Name]
    ? Parameters[Name] | number
    : Parameters[Name]
}

type PathOf<Route extends LookupRoute> = Operation<Route>['parameters'] extends { readonly path: infer Path }
  ? Omit<Path, 'workspaceId'>
  : unknown

type QueryOf<Route extends LookupRoute> = Operation<Route>['parameters'] extends {
  readonly query?: infer Query
}
  ? [Query] extends [undefined]
    ? unknown
    : NonNullable<Query>
  : unknown

/** The parameters of a lookup: those of its path, except the workspace, and those of its query. */
export type ParametersOf<Route extends LookupRoute> = Given<PathOf<Route> & QueryOf<Route>>

/** The `data` of a lookup's answer, without the members that say where it came from, whose names begin with `_`. */
export type AnswerOf<Route extends LookupRoute> = WithoutProvenance<
  Operation<Route>['responses'][200]['content']['application/json']['data']
>

type WithoutProvenance<Data> = {
  readonly [Name in keyof Data as Name extends `_${string}` ? never : Name]: Data[Name]
}

export type ContactPage = AnswerOf<'/api/boards/{boardId}/contacts'>
export type Contact = ContactPage['contacts'][number]
export type WholeContact = AnswerOf<'/api/contacts/{id}'>['contact']
export type Counts = AnswerOf<'/api/cache-settings/workspace/{workspaceId}/counts'>

type Body<Method extends { readonly requestBody: unknown }> = Method['requestBody'] extends {
  readonly content: { readonly 'application/json': infer Given }
}
  ? Given
  : never

export type ContactCreation = Body<paths['/api/contacts']['post']>
export type ContactChange = Body<paths['/api/contacts/{id}']['patch']>
export type ContactMove = Body<paths['/api/contacts/{id}/move']['post']>

type PageQuery = QueryOf<'/api/boards/{boardId}/contacts'>

/** Which contacts of a board a page shows, and in which order. */
export interface PageOptions {
  readonly perPage?: number
  readonly filter?: NonNullable<PageQuery['filter']>
  readonly search?: string
  readonly columnId?: string
  readonly sortBy?: NonNullable<PageQuery['sort_by']>
  readonly sortOrder?: NonNullable<PageQuery['sort_order']>
}
