import type { SourceName } from '../../../shared/contract/tier-names.ts'
import { contactIdSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import type { Lookups, Part } from '../../../worker/voice/gathering.ts'
import type { CallContext, Configuration, Greeting, Lead, Organization } from '../../../worker/voice/parts.ts'

/** Parts of which nothing is missing, for tests that take some away. */
export const organization: Organization = {
  workspace_id: workspaceIdSchema.parse('15214'),
  name: 'Acme',
  language: 'de',
  region: 'DE',
  time_zone: 'Europe/Berlin',
}

export const lead: Lead = {
  id: contactIdSchema.parse('contact_1'),
  name: 'Ann Lee',
  language: 'en',
  lead_status: 'qualified',
  company: { name: 'Example Inc.' },
}

export const context: CallContext = {
  last_messages: [
    { direction: 'outbound', body: 'In March.' },
    { direction: 'inbound', body: 'When can you\ndeliver?' },
  ],
  summary: { text: 'Ann asked for an offer.' },
  open_questions: ['Which colour?', 'How many?'],
  is_working_hours: true,
  control: { answered_by: 'human' },
}

export const greeting: Greeting = { text: 'Good morning, Ann Lee. How can I help you?' }

export const configuration: Configuration = {
  working_hours: { mon: [['09:00', '17:00']] },
  greetings: { voice: '{greeting} bei {organization}.' },
}

export function part<Data>(data: Data, source: SourceName = 'memory'): Part<Data> {
  return { data, source, isFromDatabase: source === 'database', isInDoubt: false }
}

/** Lookups that answer these parts at once, except for those that a test replaces. */
export function lookupsWith(replaced: Partial<Lookups> = {}): Lookups {
  return {
    organization: async () => part(organization),
    lead: async () => part(lead),
    context: async () => part(context),
    greeting: async () => part(greeting),
    configuration: async () => part(configuration),
    ...replaced,
  }
}
