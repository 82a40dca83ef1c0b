import type { WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import type { Failure } from '../failures.ts'
import type { QueryName } from '../metrics.ts'
import type { Ask } from './ask.ts'
import type { QueryClass } from './places.ts'

/** Whose place in the database a query takes. */
export interface Asked {
  readonly name: QueryName
  readonly queryClass: QueryClass
  /**
   * The workspace whose turn it is. Null where nobody has checked yet that the caller belongs to one: then the turn is
   * the caller's own, so that a stranger who invents workspaces has no more turns for it.
   */
  readonly workspaceId: WorkspaceId | null
  /** The same for all that one user asks (caller-key.ts). */
  readonly callerKey: string
  /** Null is the service role. */
  readonly callerToken: string | null
}

/** What is asked of the database, in whose name, and with whom the answer may be shared. */
export interface Query extends Asked {
  /** Queries of one key are one query. Null: never shared. */
  readonly shareKey: string | null
  perform(ask: Ask): Promise<Result<unknown, Failure>>
}

/** What is done in the database once, for one caller alone. */
export interface Statement<Value> extends Asked {
  perform(ask: Ask): Promise<Result<Value, Failure>>
}

/** The answer as the bytes of its JSON, made once however many share it. */
export type Answer = Result<Uint8Array<ArrayBuffer>, Failure>
