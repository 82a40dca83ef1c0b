import { contact } from './contacts/contact.ts'
import { contactByEmail } from './contacts/contact-by-email.ts'
import { contactCounts } from './contacts/contact-counts.ts'
import { contactList } from './contacts/contact-list.ts'
import { lead } from './contacts/lead.ts'
import { leadByPhone } from './contacts/lead-by-phone.ts'
import { leadStatus } from './contacts/lead-status.ts'
import { callSession } from './conversations/call-session.ts'
import { leadContext } from './conversations/lead-context.ts'
import { leadControl } from './conversations/lead-control.ts'
import { leadGreeting } from './conversations/lead-greeting.ts'
import { leadHistory } from './conversations/lead-history.ts'
import { leadSummary } from './conversations/lead-summary.ts'
import { mailbox } from './workspace/mailbox.ts'
import { organizationByPhone } from './workspace/organization-by-phone.ts'
import { permissionsOfUser } from './workspace/permissions.ts'
import { webhookSources } from './workspace/webhook-sources.ts'
import { workspaceConfig } from './workspace/workspace-config.ts'

/**
 * Every resource. The Worker mounts a route for each, and the origin has a loader for each. A route with a name, such as `by-email`,
 * precedes the one with an id in the same place.
 */
export const resources = [
  ...[contactList, contactCounts, contactByEmail, contact, leadByPhone, lead, leadStatus],
  ...[leadHistory, leadSummary, leadContext, leadGreeting, leadControl, callSession],
  ...[permissionsOfUser, webhookSources, workspaceConfig, mailbox, organizationByPhone],
] as const

export type ResourceName = (typeof resources)[number]['name']
