import { communicationAttachments } from './communications/communication-attachments.ts'
import { companyByDomain } from './communications/company-by-domain.ts'
import { companyCommunications } from './communications/company-communications.ts'
import { thread } from './communications/thread.ts'
import { contactCounts } from './contacts/contact-counts.ts'
import { contactList } from './contacts/contact-list.ts'

/** Every resource. The Worker mounts a route for each, and the origin has a loader for each. */
export const resources = [
  contactList,
  contactCounts,
  companyByDomain,
  companyCommunications,
  thread,
  communicationAttachments,
] as const

export type ResourceName = (typeof resources)[number]['name']
