import { z } from 'zod'
import { contact } from '../../../shared/resources/contacts/contact.ts'
import { ok } from '../../../shared/result.ts'
import { readWholeContactRow } from '../../contacts/contact-rows.ts'
import { defineLoader } from '../loader.ts'

const resultSchema = z.object({ contact: z.unknown() })

/** Loads a contact by its id. */
export const contactLoader = defineLoader(contact, async ({ id }, { workspaceId, query, noteUnfit }) => {
  const queried = await query(resultSchema, 'contact', { p_workspace: workspaceId, p_contact: id })
  return queried.ok ? ok({ contact: readWholeContactRow(queried.value.contact, noteUnfit) }) : queried
})
