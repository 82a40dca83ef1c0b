import { z } from 'zod'
import { lead } from '../../../shared/resources/contacts/lead.ts'
import { ok } from '../../../shared/result.ts'
import { readLeadRow } from '../../contacts/contact-rows.ts'
import { defineLoader } from '../loader.ts'

const resultSchema = z.object({ lead: z.unknown() })

/** Loads a lead by its id. */
export const leadLoader = defineLoader(lead, async ({ id }, { workspaceId, query, noteUnfit }) => {
  const queried = await query(resultSchema, 'lead', { p_workspace: workspaceId, p_contact: id })
  return queried.ok ? ok({ lead: readLeadRow(queried.value.lead, noteUnfit) }) : queried
})
