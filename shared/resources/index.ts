import { contactCounts } from './contacts/contact-counts.ts'
import { contactList } from './contacts/contact-list.ts'
import { organizationByPhone } from './workspace/organization-by-phone.ts'

/** Every resource. The Worker mounts a route for each, and the origin has a loader for each. */
export const resources = [contactList, contactCounts, organizationByPhone] as const

export type ResourceName = (typeof resources)[number]['name']
