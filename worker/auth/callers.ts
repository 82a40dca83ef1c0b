import type { Principal } from '../../shared/auth/verify.ts'
import type { AlertSetters } from '../../shared/contract/alerts.ts'
import type { OperatorName } from '../../shared/contract/operator-name.ts'
import type { Role, UserId, WorkspaceId } from '../../shared/ids.ts'
import type { SettingsCaller } from '../cache/settings-reader.ts'

/** A user who was let in, and the workspace they were let into. */
export interface Member {
  readonly principal: Principal
  readonly workspaceId: WorkspaceId
  readonly role: Role
  /** Used to call the origin on the member's behalf. */
  readonly caller: SettingsCaller
}

/** A caller that reads a cached resource of a workspace. */
export interface Reader {
  /** `member`: a user with a token. `service`: the CRM's backend with the internal key, which no member's limit counts. */
  readonly kind: 'member' | 'service'
  /** The workspace that is read, or the deployment. */
  readonly workspaceId: WorkspaceId
  /** Null if a service names no user in `X-User-ID`. */
  readonly userId: UserId | null
  /** The role with which a member was let in; null for a service. */
  readonly role: Role | null
  readonly caller: SettingsCaller
  /** The request has `X-Explain: 1`, from an admin or with the internal key. */
  readonly wantsExplanation: boolean
  /** False if the origin does not open the resource to services. Then only a cached entry answers. */
  readonly mayLoad: boolean
}

/** A caller that writes in a workspace: an admin of it, or the CRM's backend with the internal key. */
export interface Writer {
  readonly workspaceId: WorkspaceId
  /** Used to call the origin in the caller's name. */
  readonly caller: SettingsCaller
}

/** A caller of the routes of jobs and queues. */
export interface JobsCaller {
  /** The workspace whose jobs the caller may see and change, or null for all. */
  readonly workspaceId: WorkspaceId | null
  /** Used to call the origin in the caller's name. */
  readonly caller: SettingsCaller
}

/** A caller who may see the deployment. */
export interface Operator {
  /** The callers who may change the alerts, as the answers tell this one. */
  readonly alertSetters: AlertSetters
  /** Bounds on open streams count by this. Both are null for the holders of METRICS_TOKEN, who share one bound. */
  readonly holder: { readonly workspaceId: WorkspaceId | null; readonly userId: UserId | null }
  /** Whether the same caller would still be let in. A stream checks this after its answer began. Counts against no limit. */
  isStillLetIn(): boolean | Promise<boolean>
}

/** A caller who operates the deployment, as the record of an action names them. */
export interface NamedOperator {
  readonly by: OperatorName
}

/** The callers that each kind of access lets in. Null if the handler needs no facts about the caller. */
export interface CallerOf {
  /** Anybody. */
  readonly public: null
  /** Anybody; if `METRICS_TOKEN` is set, only its holders. */
  readonly 'metrics-token': null
  /** The holders of the internal key. */
  readonly 'internal-key': null
  /** A member of the workspace that the path, the body or the header names. */
  readonly member: Member
  /** A member of that workspace with the role `admin`. */
  readonly admin: Member
  /** A member who reads a resource. With `X-Explain: 1`, an admin, or a holder of the internal key if the answer is cached. */
  readonly reader: Reader
  /** The callers of `reader`, and the CRM's backend with the internal key and a workspace. */
  readonly 'reader-or-service': Reader
  /** The CRM's backend with the internal key, which reads a resource of the deployment and names no workspace. */
  readonly service: Reader
  /** The CRM's backend with the internal key and a workspace, which no member's limit counts; or an admin of the workspace. */
  readonly 'service-or-admin': Writer
  /** A holder of `METRICS_TOKEN`, or an admin of the operators' workspace. If there is none, an admin of any workspace. */
  readonly operator: Operator
  /** The voice platform, by its shared secret or by a signature over the body. */
  readonly 'voice-platform': null
  /** The voice platform, by a signature over the body. */
  readonly 'voice-signature': null
  /** The service that brings mail, by its secret, or for JSON by a signature over the body. */
  readonly 'email-sender': null
  /** The callers of `jobs`, and holders of the mail secret for every workspace or the one that the header names. */
  readonly 'email-figures': JobsCaller
  /** A holder of the internal key, or an admin of the operators' workspace. */
  readonly 'alert-settings': NamedOperator
  /** An operator, or an admin of the workspace that the header names. */
  readonly jobs: JobsCaller
  /** An operator: a holder of the internal key, or an admin of the operators' workspace. */
  readonly queues: JobsCaller
  /** An operator, or a holder of `METRICS_TOKEN`. */
  readonly 'queue-figures': JobsCaller
  /** The same, for what is written down with the name of who did it. */
  readonly 'operator-named': NamedOperator
  /** The same, and for reading a holder of `METRICS_TOKEN`. */
  readonly 'operator-reading': null
  /** A member of the workspace that the query or the header names, with the token in a subprotocol or in `Authorization`. */
  readonly live: Member
}

/** The kind of access of a route, which is also shown in the OpenAPI document. */
export type Access = keyof CallerOf
