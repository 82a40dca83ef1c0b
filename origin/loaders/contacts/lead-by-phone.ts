import { z } from 'zod'
import { parsePhone, phoneKeysOf, regionOf } from '../../../shared/contact-points/phone.ts'
import { leadByPhone } from '../../../shared/resources/contacts/lead-by-phone.ts'
import { err, ok } from '../../../shared/result.ts'
import { readLeadRow } from '../../contacts/contact-rows.ts'
import { defineLoader } from '../loader.ts'

const regionResultSchema = z.object({ region: z.string() })
const resultSchema = z.object({ lead: z.unknown(), matches: z.int().positive() })

/**
 * Loads the most recently active lead that has a number. The region of the workspace completes a local number, in the question as well as in
 * what is stored.
 */
export const leadByPhoneLoader = defineLoader(
  leadByPhone,
  async ({ phone }, { workspaceId, query, noteUnfit }) => {
    const configured = await query(regionResultSchema, 'workspace_region', { p_workspace: workspaceId })
    if (!configured.ok) return configured
    const region = regionOf(configured.value.region)
    const number = parsePhone(phone, region)
    if (!number.ok) {
      const faults = [{ parameter: 'phone', message: number.error.message }]
      return err({ kind: 'invalid_parameter', faults })
    }
    const args = { p_workspace: workspaceId, p_keys: phoneKeysOf(number.value, region) }
    const queried = await query(resultSchema, 'lead_by_phone', args)
    if (!queried.ok) return queried
    const { lead, matches } = queried.value
    return ok({ lead: readLeadRow(lead, noteUnfit), matches })
  },
)
