import { z } from 'zod'
import { limits } from '../../../shared/limits.ts'
import { companyCommunications } from '../../../shared/resources/communications/company-communications.ts'
import { ok } from '../../../shared/result.ts'
import { defineLoader } from '../loader.ts'
import { readCompanyCommunication } from './communication-rows.ts'

const resultSchema = z.object({
  communications: z.array(z.unknown()).max(limits.communicationsMax),
  has_more: z.boolean(),
})

/** Loads the newest communications with a company. */
export const companyCommunicationsLoader = defineLoader(
  companyCommunications,
  async ({ id, limit }, { workspaceId, query, noteUnfit }) => {
    const args = { p_workspace: workspaceId, p_company: id, p_limit: limit }
    const queried = await query(resultSchema, 'company_communications', args)
    if (!queried.ok) return queried
    const { communications, has_more } = queried.value
    return ok({
      communications: communications.map((row) => readCompanyCommunication(row, noteUnfit)),
      has_more,
    })
  },
)
