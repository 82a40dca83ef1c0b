import type { ResourceName } from '../../shared/resources/index.ts'
import { contactLoader } from './contacts/contact.ts'
import { contactByEmailLoader } from './contacts/contact-by-email.ts'
import { contactCountsLoader } from './contacts/contact-counts.ts'
import { contactListLoader } from './contacts/contact-list.ts'
import { leadLoader } from './contacts/lead.ts'
import { leadByPhoneLoader } from './contacts/lead-by-phone.ts'
import { leadStatusLoader } from './contacts/lead-status.ts'
import { callSessionLoader } from './conversations/call-session.ts'
import { leadContextLoader } from './conversations/lead-context.ts'
import { leadControlLoader } from './conversations/lead-control.ts'
import { leadGreetingLoader } from './conversations/lead-greeting.ts'
import { leadHistoryLoader } from './conversations/lead-history.ts'
import { leadSummaryLoader } from './conversations/lead-summary.ts'
import type { Loader } from './loader.ts'
import { mailboxLoader } from './workspace/mailbox.ts'
import { organizationByPhoneLoader } from './workspace/organization-by-phone.ts'
import { permissionsLoader } from './workspace/permissions.ts'
import { webhookSourcesLoader } from './workspace/webhook-sources.ts'
import { workspaceConfigLoader } from './workspace/workspace-config.ts'

/** The list itself if every resource has a loader in it, else the names of the resources without one. */
type Complete<List extends readonly Loader[]> = [Exclude<ResourceName, List[number]['name']>] extends [never]
  ? List
  : Exclude<ResourceName, List[number]['name']>

function ofEveryResource<const List extends readonly Loader[]>(list: List & Complete<List>): List {
  return list
}

/** One loader for each resource: the compiler names a resource that has none. */
const loaders: readonly Loader[] = ofEveryResource([
  contactListLoader,
  contactCountsLoader,
  leadHistoryLoader,
  leadSummaryLoader,
  leadContextLoader,
  leadGreetingLoader,
  leadControlLoader,
  callSessionLoader,
  permissionsLoader,
  webhookSourcesLoader,
  workspaceConfigLoader,
  mailboxLoader,
  contactByEmailLoader,
  contactLoader,
  leadByPhoneLoader,
  leadLoader,
  leadStatusLoader,
  organizationByPhoneLoader,
])

/** The loader of that name, or null. */
export function loaderNamed(name: string): Loader | null {
  return loaders.find((loader) => loader.name === name) ?? null
}
