import { z } from 'zod'
import { addressesFoundBy } from '../../../shared/contact-points/email.ts'
import { contactByEmail } from '../../../shared/resources/contacts/contact-by-email.ts'
import { ok } from '../../../shared/result.ts'
import { readWholeContactRow } from '../../contacts/contact-rows.ts'
import { defineLoader } from '../loader.ts'

const resultSchema = z.object({ contact: z.unknown(), matches: z.int().positive() })

/** Loads the most recently active contact that has an address or its plain form. */
export const contactByEmailLoader = defineLoader(
  contactByEmail,
  async ({ email }, { workspaceId, query, noteUnfit }) => {
    const args = { p_workspace: workspaceId, p_addresses: addressesFoundBy(email) }
    const queried = await query(resultSchema, 'contact_by_email', args)
    if (!queried.ok) return queried
    const { contact, matches } = queried.value
    return ok({ contact: readWholeContactRow(contact, noteUnfit), matches })
  },
)
