import { z } from 'zod'
import { limits } from '../../../shared/limits.ts'
import { companyByDomain, companySchema } from '../../../shared/resources/communications/company-by-domain.ts'
import { ok } from '../../../shared/result.ts'
import { createRowReader, unknownInstant } from '../../database/rows.ts'
import { defineLoader } from '../loader.ts'

const readCompany = createRowReader({
  schema: companySchema,
  substitutes: {
    id: 'unknown',
    name: '(unknown)',
    domains: [],
    created_at: unknownInstant,
    updated_at: unknownInstant,
  },
  bytesMax: limits.companyBytesMax,
})

const resultSchema = z.object({ company: z.unknown(), matches: z.int().positive() })

/** Loads the company that has a domain. */
export const companyByDomainLoader = defineLoader(
  companyByDomain,
  async ({ domain }, { workspaceId, query, noteUnfit }) => {
    const args = { p_workspace: workspaceId, p_domain: domain }
    const queried = await query(resultSchema, 'company_by_domain', args)
    if (!queried.ok) return queried
    return ok({ company: readCompany(queried.value.company, noteUnfit), matches: queried.value.matches })
  },
)
