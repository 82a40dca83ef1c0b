import { contactCounts } from './contacts/contact-counts.ts'
import { contactList } from './contacts/contact-list.ts'

/** Every resource. The Worker mounts them all; the origin must have a loader for each name. */
export const resources = [contactList, contactCounts] as const

export type AnyResource = (typeof resources)[number]
export type ResourceName = AnyResource['name']
export type ResourceNamed<Name extends ResourceName> = Extract<AnyResource, { readonly name: Name }>
