import type { ResourceName } from '../../../shared/resources/index.ts'
import type { ResourceCase } from './case.ts'
import {
  communicationAttachments,
  companyByDomain,
  companyCommunications,
  oneThread,
} from './communications.ts'
import {
  contactByEmail,
  contactCounts,
  contactList,
  lead,
  leadByPhone,
  leadStatus,
  oneContact,
} from './contacts.ts'
import {
  callSession,
  leadContext,
  leadControl,
  leadGreeting,
  leadHistory,
  leadSummary,
} from './conversations.ts'
import { analytics, campaignStats, dashboard, segmentCount } from './figures.ts'
import { mailbox, organizationByPhone, permissions, webhookSources, workspaceConfig } from './workspace.ts'

/** Every resource has a case: the compiler misses none and takes no other. */
export const cases: Readonly<Record<ResourceName, ResourceCase>> = {
  'contact-list': contactList,
  'contact-counts': contactCounts,
  contact: oneContact,
  'contact-by-email': contactByEmail,
  lead,
  'lead-by-phone': leadByPhone,
  'lead-status': leadStatus,
  'company-by-domain': companyByDomain,
  'company-communications': companyCommunications,
  thread: oneThread,
  'communication-attachments': communicationAttachments,
  'lead-history': leadHistory,
  'lead-summary': leadSummary,
  'lead-context': leadContext,
  'lead-greeting': leadGreeting,
  'lead-control': leadControl,
  'call-session': callSession,
  dashboard,
  'campaign-stats': campaignStats,
  'segment-count': segmentCount,
  analytics,
  'organization-by-phone': organizationByPhone,
  permissions,
  'webhook-sources': webhookSources,
  'workspace-config': workspaceConfig,
  mailbox,
}
