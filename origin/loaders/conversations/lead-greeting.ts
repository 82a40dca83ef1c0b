import { z } from 'zod'
import { chooseGreeting } from '../../../shared/greetings/greeting.ts'
import { leadGreeting } from '../../../shared/resources/conversations/lead-greeting.ts'
import { ok } from '../../../shared/result.ts'
import { defineLoader } from '../loader.ts'
import { leadAndOrganizationSchema, readLeadRow, readOrganizationRow } from './lead-rows.ts'

const resultSchema = leadAndOrganizationSchema.extend({
  greetings: z.record(z.string(), z.unknown()),
  has_talked: z.boolean(),
})

/** Loads the template of a lead's greeting and its values, except for the part of the day. */
export const leadGreetingLoader = defineLoader(
  leadGreeting,
  async ({ id, channel }, { workspaceId, query, noteUnfit }) => {
    const queried = await query(resultSchema, 'lead_greeting', { p_workspace: workspaceId, p_contact: id })
    if (!queried.ok) return queried
    const lead = readLeadRow(queried.value.lead, noteUnfit)
    const organization = readOrganizationRow(queried.value.organization, noteUnfit)
    const stored = queried.value.greetings[channel]
    const ownTemplate = leadGreeting.data.shape.template.safeParse(stored)
    if (stored !== undefined && !ownTemplate.success) noteUnfit('greetings')
    const chosen = chooseGreeting({
      channel,
      leadLanguage: lead.language,
      organizationLanguage: organization.language,
      ownTemplate: ownTemplate.success ? ownTemplate.data : null,
      hasTalked: queried.value.has_talked,
    })
    return ok({
      ...{ channel, ...chosen },
      time_zone: organization.time_zone,
      name: lead.name,
      organization: organization.name,
      company: lead.company?.name ?? null,
      company_id: lead.company_id,
    })
  },
)
