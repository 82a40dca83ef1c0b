import type { paths } from './api-types.ts'
import type { routeOf } from './route-of.ts'

/** The lookups that a member may make, by the name of their resource. */
export type ResourceName = keyof typeof routeOf

type Operation<Name extends ResourceName> = paths[(typeof routeOf)[Name]]['get']

/** Numbers may be given where the API takes them as text. */
type Given<Parameters> = {
  readonly [Name in keyof Parameters]: string extends Parameters[Name]
    ? Parameters[Name] | number
    : Parameters[Name]
}

type PathOf<Name extends ResourceName> = Operation<Name>['parameters'] extends { readonly path: infer Path }
  ? Path
  : unknown

type QueryOf<Name extends ResourceName> = NonNullable<Operation<Name>['parameters']['query']>

/** The parameters of a lookup: those of its path, except the workspace, and those of its query. */
export type ParametersOf<Name extends ResourceName> = Given<Omit<PathOf<Name>, 'workspaceId'> & QueryOf<Name>>

/** The `data` of a lookup's answer, without the members that say where it came from, whose names begin with `_`. */
export type AnswerOf<Name extends ResourceName> = WithoutProvenance<
  Operation<Name>['responses'][200]['content']['application/json']['data']
>

type WithoutProvenance<Data> = {
  readonly [Name in keyof Data as Name extends `_${string}` ? never : Name]: Data[Name]
}

export type ContactPage = AnswerOf<'contact-list'>
export type Contact = ContactPage['contacts'][number]
export type WholeContact = AnswerOf<'contact'>['contact']
export type Counts = AnswerOf<'contact-counts'>

type Body<Method extends { readonly requestBody: unknown }> = Method['requestBody'] extends {
  readonly content: { readonly 'application/json': infer Given }
}
  ? Given
  : never

export type ContactCreation = Body<paths['/api/contacts']['post']>
export type ContactChange = Body<paths['/api/contacts/{id}']['patch']>
export type ContactMove = Body<paths['/api/contacts/{id}/move']['post']>

type PageQuery = QueryOf<'contact-list'>

/** Which contacts of a board a page shows, and in which order. */
export interface PageOptions {
  readonly perPage?: number
  readonly filter?: NonNullable<PageQuery['filter']>
  readonly search?: string
  readonly columnId?: string
  readonly sortBy?: NonNullable<PageQuery['sort_by']>
  readonly sortOrder?: NonNullable<PageQuery['sort_order']>
}
