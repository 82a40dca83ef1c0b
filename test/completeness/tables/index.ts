import { communicationTables } from './communications.ts'
import { companyTables } from './companies.ts'
import { configurationTables } from './configuration.ts'
import { contactTables } from './contacts.ts'
import { conversationTables } from './conversations.ts'
import { figureTables } from './figures.ts'
import { mailTables } from './mail.ts'
import type { TableGroup } from './values.ts'
import { workTables } from './work.ts'

/** All tables, in an order in which they can be filled. */
export const tableGroups: readonly TableGroup[] = [
  contactTables,
  companyTables,
  conversationTables,
  communicationTables,
  figureTables,
  configurationTables,
  workTables,
  mailTables,
]
