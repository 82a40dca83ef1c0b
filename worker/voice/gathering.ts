import type { CallStart, PartSource } from '../../shared/contract/voice.ts'
import type { ContactId, WorkspaceId } from '../../shared/ids.ts'
import type { RateLimits } from '../rate-limits/rate-limits.ts'
import type { CallParties } from './call-parties.ts'
import { partiesOf } from './call-parties.ts'
import type { CallContext, Configuration, Greeting, Lead, Organization } from './parts.ts'

/** A part of what is known about a call, with its source; or the reason why it is not known. */
export interface Part<Data> {
  readonly data: Data | null
  readonly source: PartSource
  /** Whether the database was read for it. */
  readonly isFromDatabase: boolean
  /** Whether it could not be proved current. */
  readonly isInDoubt: boolean
}

/** The parts that are known so far. Lookups fill them in while they run, and the answer is made of what is there in time. */
export interface Gathered {
  organization: Part<Organization>
  lead: Part<Lead>
  context: Part<CallContext>
  greeting: Part<Greeting>
  /** Read for a caller who is no lead: the organization's greeting and its working hours, which `greeting` and `context` have else. */
  configuration: Part<Configuration>
}

/** Reads of the parts through the cache. They never reject, and each may take as long as a read takes. */
export interface Lookups {
  organization(parties: CallParties): Promise<Part<Organization>>
  configuration(workspaceId: WorkspaceId): Promise<Part<Configuration>>
  lead(workspaceId: WorkspaceId, parties: CallParties, region: string): Promise<Part<Lead>>
  context(workspaceId: WorkspaceId, leadId: ContactId): Promise<Part<CallContext>>
  greeting(workspaceId: WorkspaceId, leadId: ContactId): Promise<Part<Greeting>>
}

export function unknown(source: PartSource): Part<never> {
  return { data: null, source, isFromDatabase: false, isInDoubt: false }
}

/** The parts before any lookup has ended. */
export function nothingYet(): Gathered {
  const pending = unknown('timeout')
  return {
    organization: pending,
    configuration: pending,
    lead: pending,
    context: pending,
    greeting: pending,
  }
}

/** Everything has its defaults, for one reason. */
export function defaultsBecause(reason: PartSource): Gathered {
  const skipped = unknown('not_asked')
  return {
    organization: unknown(reason),
    configuration: skipped,
    lead: skipped,
    context: skipped,
    greeting: skipped,
  }
}

interface GatherOptions {
  readonly lookups: Lookups
  readonly rateLimits: Pick<RateLimits, 'callNumber' | 'callOrganization'>
  keepAlive(work: Promise<unknown>): void
}

/**
 * Looks up who calls and whom: the organization by the called number, its lead by the caller's, then the lead's context and greeting.
 * Each lookup writes its result into `gathered` at once. Past a limit all parts have their defaults, also those already found.
 */
export async function gather(
  call: CallStart,
  gathered: Gathered,
  { lookups, rateLimits, keepAlive }: GatherOptions,
): Promise<void> {
  const parties = partiesOf(call)
  if (parties === null) return void Object.assign(gathered, defaultsBecause('not_given'))
  const isLimited =
    parties.callerKey !== null &&
    rateLimits.callNumber?.(`${parties.called} ${parties.callerKey}`, keepAlive).isRefused === true
  if (isLimited) return void Object.assign(gathered, defaultsBecause('rate_limited'))

  const organization = await lookups.organization(parties)
  if (organization.data === null) {
    Object.assign(gathered, defaultsBecause('not_asked'), { organization })
    return
  }
  const { workspace_id: workspaceId, region } = organization.data
  if (rateLimits.callOrganization?.(workspaceId, keepAlive).isRefused === true) {
    return void Object.assign(gathered, defaultsBecause('rate_limited'))
  }
  gathered.organization = organization
  const lead = await lookups.lead(workspaceId, parties, region)
  gathered.lead = lead
  if (lead.data === null) {
    // Without a lead there is no conversation either.
    gathered.context = lead.source === 'none' ? { ...lead, data: null } : unknown('not_asked')
    gathered.greeting = unknown('not_asked')
    gathered.configuration = await lookups.configuration(workspaceId)
    return
  }
  const { id } = lead.data
  await Promise.all([
    lookups.context(workspaceId, id).then((context) => {
      gathered.context = context
    }),
    lookups.greeting(workspaceId, id).then((greeting) => {
      gathered.greeting = greeting
    }),
  ])
}
