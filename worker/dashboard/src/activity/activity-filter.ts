import {
  type ActivityCause,
  activityCauseSchema,
  deploymentKindSchema,
  workspaceKindSchema,
} from '../../../../shared/contract/activity.ts'
import type { ActivityItem } from './feed.ts'

type ActivityKind = ActivityItem['kind']

/** Which items are shown. Null shows all. */
export interface ActivityFilter {
  readonly kind: ActivityKind | null
  readonly cause: ActivityCause | null
  /** An instant as ISO 8601 writes it: only what happened by then. */
  readonly until: string | null
}

/** The filter that the address names. An unknown value counts as no filter. */
export function filterIn(query: URLSearchParams): ActivityFilter {
  const kind = query.get('kind')
  return {
    kind: workspaceKindSchema.safeParse(kind).data ?? deploymentKindSchema.safeParse(kind).data ?? null,
    cause: activityCauseSchema.safeParse(query.get('cause')).data ?? null,
    until: instantIn(query.get('until')),
  }
}

function instantIn(text: string | null): string | null {
  const atMs = Date.parse(text ?? '')
  return Number.isNaN(atMs) ? null : new Date(atMs).toISOString()
}

/** The query of each feed for a filter; null if the feed has nothing that fits. */
export function queriesOf({
  kind,
  cause,
  until,
}: ActivityFilter): Readonly<Record<'workspace' | 'deployment', string | null>> {
  const query = new URLSearchParams()
  if (kind !== null) query.set('kind', kind)
  if (until !== null) query.set('until', until)
  // Only invalidations and saved settings have causes.
  const ofDeployment = cause === null && (kind === null || deploymentKindSchema.safeParse(kind).success)
  const deployment = ofDeployment ? query.toString() : null
  if (cause !== null) query.set('cause', cause)
  const ofWorkspace = kind === null || workspaceKindSchema.safeParse(kind).success
  return { workspace: ofWorkspace ? query.toString() : null, deployment }
}
