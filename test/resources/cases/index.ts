import type { ResourceName } from '../../../shared/resources/index.ts'
import type { ResourceCase } from './case.ts'
import { contactCounts, contactList } from './contacts.ts'

/** Every resource has a case: the compiler misses none and takes no other. */
export const cases: Readonly<Record<ResourceName, ResourceCase>> = {
  'contact-list': contactList,
  'contact-counts': contactCounts,
}
