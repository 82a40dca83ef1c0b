import type { Principal } from '../../shared/auth/verify.ts'
import type { AlertSetters } from '../../shared/contract/alerts.ts'
import type { Role, UserId, WorkspaceId } from '../../shared/ids.ts'
import type { SettingsCaller } from '../cache/settings-reader.ts'

/** A user who was let in, and the workspace they were let into. */
export interface Member {
  readonly principal: Principal
  readonly workspaceId: WorkspaceId
  readonly role: Role
  /** For calls of the origin on the member's behalf. */
  readonly caller: SettingsCaller
}

/** A caller that reads a cached resource of a workspace. */
export interface Reader {
  /** `member`: a user with a token. `service`: the CRM's backend with the internal key, which no member's limit counts. */
  readonly kind: 'member' | 'service'
  readonly workspaceId: WorkspaceId
  /** Null where a service names no user in `X-User-ID`. */
  readonly userId: UserId | null
  readonly caller: SettingsCaller
  /** `X-Explain: 1`, by an admin or with the internal key. */
  readonly wantsExplanation: boolean
  /** False where the origin has nobody to load for: then only what is cached answers. */
  readonly mayLoad: boolean
}

/** A caller who may see the deployment, and who may set its alerts as this caller is told. */
export interface Operator {
  readonly alertSetters: AlertSetters
  /** For the bounds on what one of them may hold; both null for the holders of METRICS_TOKEN, who share one bound. */
  readonly holder: { readonly workspaceId: WorkspaceId | null; readonly userId: UserId | null }
}

/** The callers that each kind of access lets in. Null: the handler needs to know nothing of them. */
export interface CallerOf {
  /** Anybody. */
  readonly public: null
  /** Anybody, or with `METRICS_TOKEN` set its holders. */
  readonly 'metrics-token': null
  /** The holders of the internal key. */
  readonly 'internal-key': null
  /** A member of the workspace that path, body or header name. */
  readonly member: Member
  /** A member of that workspace with the role `admin`. */
  readonly admin: Member
  /** A member who reads a resource. With `X-Explain: 1` an admin; or a holder of the internal key, for what is cached. */
  readonly reader: Reader
  /** The same, and the CRM's backend with the internal key and a workspace. */
  readonly 'reader-or-service': Reader
  /** A holder of `METRICS_TOKEN`, or an admin of the operators' workspace; where there is none, of any workspace. */
  readonly operator: Operator
  /** A holder of the internal key, or an admin of the operators' workspace. */
  readonly 'alert-settings': null
}

/** How a route lets callers in; the OpenAPI document says it too. */
export type Access = keyof CallerOf
