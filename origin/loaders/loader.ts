import type { z } from 'zod'
import type { UserId, WorkspaceId } from '../../shared/ids.ts'
import type { ResourceName } from '../../shared/resources/index.ts'
import type { Question, Resource } from '../../shared/resources/question.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Query } from '../database/query.ts'
import type { NoteUnfit } from '../database/rows.ts'
import type { Failure } from '../failures.ts'

/** The workspace and the user to load for, and access to the database under the caller's token. */
interface LoadContext {
  /** `deploymentId` for a resource of the deployment. */
  readonly workspaceId: WorkspaceId
  /** The user whose entry this will be: the caller, or the user that the backend named. Null if the workspace shares the entry. */
  readonly userId: UserId | null
  readonly query: Query
  /** Notes a value of a row that does not fit its schema. */
  readonly noteUnfit: NoteUnfit
}

/** A loader without the types of its resource, as the route uses it. */
export interface Loader<Name extends ResourceName = ResourceName> {
  readonly name: Name
  readonly resource: Pick<Resource, 'callers' | 'scope' | 'absence' | 'version'>
  /** Checks the parameters. `canonical` is one text for equal parameters, however they were written. */
  prepare(params: unknown): Result<PreparedLoad, z.core.$ZodError>
}

interface PreparedLoad {
  readonly canonical: string
  /** Whether the workspace shares the answer, or each user has their own. */
  readonly sharing: Question['sharing']
  load(context: LoadContext): Promise<Result<unknown, Failure>>
}

interface Declaration<Name extends ResourceName, Params extends z.ZodType, Data extends z.ZodType>
  extends Pick<Resource, 'callers' | 'scope' | 'absence' | 'version'> {
  readonly name: Name
  readonly params: Params
  readonly data: Data
  questionOf(params: z.output<Params>): Pick<Question, 'sharing'>
}

/** Ties a loader to its declaration: the compiler checks it against the declared parameters and data. */
export function defineLoader<Name extends ResourceName, Params extends z.ZodType, Data extends z.ZodType>(
  resource: Declaration<Name, Params, Data>,
  load: (params: z.output<Params>, context: LoadContext) => Promise<Result<z.output<Data>, Failure>>,
): Loader<Name> {
  return {
    name: resource.name,
    resource,
    prepare(rawParams) {
      const parsed = resource.params.safeParse(rawParams)
      if (!parsed.success) return err(parsed.error)
      return ok({
        canonical: JSON.stringify(parsed.data),
        sharing: resource.questionOf(parsed.data).sharing,
        load: (context) => load(parsed.data, context),
      })
    },
  }
}
