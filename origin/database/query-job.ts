import type { WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import type { Failure } from '../failures.ts'
import type { QueryClass } from './places.ts'
import type { Query } from './query.ts'
import type { QueryName } from './query-metrics.ts'

/** Work that needs the database, and the caller in whose turn and name it runs. */
export interface QueryJob<Value> {
  readonly name: QueryName
  readonly queryClass: QueryClass
  /**
   * The workspace whose turn the job takes. Null while nobody has checked that the caller is a member: the job then takes
   * the caller's own turn, so that a stranger gains no turns by inventing workspaces.
   */
  readonly workspaceId: WorkspaceId | null
  /** The same for all jobs of one caller (`callerKeyOf`). */
  readonly callerKey: string
  /** Null is the service role. */
  readonly callerToken: string | null
  perform(query: Query): Promise<Result<Value, Failure>>
}

/** A job whose answer other requests may be given too. */
export interface ShareableQueryJob extends QueryJob<unknown> {
  /** Jobs with the same key that run at the same time become one. A job with null is never shared. */
  readonly shareKey: string | null
}

/** The JSON of an answer as bytes, encoded once for all the requests that share it. */
export type AnswerBytes = Result<Uint8Array<ArrayBuffer>, Failure>
