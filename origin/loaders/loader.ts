import type { z } from 'zod'
import type { UserId, WorkspaceId } from '../../shared/ids.ts'
import type { ResourceName } from '../../shared/resources/index.ts'
import type { Resource } from '../../shared/resources/question.ts'
import type { DataOf, ParamsOf } from '../../shared/resources/resource.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { Query } from '../database/query.ts'
import type { NoteUnfit } from '../database/rows.ts'
import type { Failure } from '../failures.ts'

/** For whom a resource is loaded, and the way to the database in the caller's name. */
interface LoadContext {
  readonly workspaceId: WorkspaceId
  /** The user whose entry this will be, or null where the workspace shares it. */
  readonly userId: UserId | null
  readonly query: Query
  /** Told of each value of a row that does not fit its schema. */
  readonly noteUnfit: NoteUnfit
}

/** Loads a resource's `data`. */
export type Load<R> = (params: ParamsOf<R>, context: LoadContext) => Promise<Result<DataOf<R>, Failure>>

/** A loader as the route uses it, whatever its types. */
export interface Loader<Name extends ResourceName = ResourceName> {
  readonly name: Name
  readonly resource: Pick<Resource, 'callers' | 'absence'>
  /** Checks the parameters; `canonical` is the same text for the same parameters, however they were written. */
  prepare(params: unknown): Result<PreparedLoad, z.core.$ZodError>
}

interface PreparedLoad {
  readonly canonical: string
  load(context: LoadContext): Promise<Result<unknown, Failure>>
}

interface Declaration<Name extends ResourceName> extends Pick<Resource, 'callers' | 'absence'> {
  readonly name: Name
  readonly params: z.ZodType
  readonly data: z.ZodType
}

/** Ties a loader to its declaration: the compiler holds it to the declared parameters and data. */
export function defineLoader<Name extends ResourceName, R extends Declaration<Name>>(
  resource: R & Declaration<Name>,
  load: Load<R>,
): Loader<Name> {
  return {
    name: resource.name,
    resource,
    prepare(rawParams) {
      const parsed = (resource.params as z.ZodType<ParamsOf<R>>).safeParse(rawParams)
      if (!parsed.success) return { ok: false, error: parsed.error }
      return ok({
        canonical: JSON.stringify(parsed.data),
        load: (context) => load(parsed.data, context),
      })
    },
  }
}
