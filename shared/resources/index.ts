import { contactCounts } from './contacts/contact-counts.ts'
import { contactList } from './contacts/contact-list.ts'
import { callSession } from './conversations/call-session.ts'
import { leadContext } from './conversations/lead-context.ts'
import { leadControl } from './conversations/lead-control.ts'
import { leadGreeting } from './conversations/lead-greeting.ts'
import { leadHistory } from './conversations/lead-history.ts'
import { leadSummary } from './conversations/lead-summary.ts'
import { mailbox } from './workspace/mailbox.ts'
import { permissionsOfUser } from './workspace/permissions.ts'
import { webhookSources } from './workspace/webhook-sources.ts'
import { workspaceConfig } from './workspace/workspace-config.ts'

/** Every resource. The Worker mounts a route for each, and the origin has a loader for each. */
export const resources = [
  ...[contactList, contactCounts],
  ...[leadHistory, leadSummary, leadContext, leadGreeting, leadControl, callSession],
  ...[permissionsOfUser, webhookSources, workspaceConfig, mailbox],
] as const

export type ResourceName = (typeof resources)[number]['name']
