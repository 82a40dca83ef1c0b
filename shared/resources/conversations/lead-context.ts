import { z } from 'zod'
import { contactIdSchema } from '../../ids.ts'
import { storedLanguageSchema } from '../../language.ts'
import { limits } from '../../limits.ts'
import { isWorkingTime, localTime, workingHoursSchema } from '../../local-time.ts'
import { companyTags } from '../../tags/tags.ts'
import { text } from '../../text.ts'
import { defineResource } from '../resource.ts'
import { cacheMemberOf, withCacheMember } from '../served.ts'
import { companyNamedSchema, storedId } from '../stored-values.ts'
import {
  controlExample,
  controlSchema,
  leadAbsence,
  messageExample,
  messageSchema,
  summaryExample,
  summarySchema,
} from './lead-parts.ts'
import { leadTags } from './lead-tags.ts'

const path = z.strictObject({ id: contactIdSchema })

const lead = z.object({
  id: storedId,
  name: text(1, limits.nameCharactersMax),
  company: companyNamedSchema.nullable(),
  /** The lead's own language, or else the organization's. */
  language: storedLanguageSchema,
  status: text(1, limits.statusCharactersMax),
  lead_status: text(1, limits.sourceCharactersMax).nullable(),
})

const organization = z.object({
  name: text(1, limits.nameCharactersMax),
  language: storedLanguageSchema,
  time_zone: text(1, limits.timeZoneCharactersMax),
})

const shared = {
  /** Newest first. */
  last_messages: z.array(messageSchema).max(limits.contextMessagesMax),
  summary: summarySchema.nullable(),
  open_questions: z.array(text(1, limits.openQuestionCharactersMax)).max(limits.openQuestionsMax),
}

/** An entry holds all that only writes change. The edge adds the time at the moment of the answer. */
const data = z.object({
  /** The company's id is kept even if there is no such company, because the answer depends on it. */
  lead: lead.extend({ company_id: storedId.nullable() }),
  organization: organization.extend({ working_hours: workingHoursSchema }),
  ...shared,
  control: controlSchema,
})

const answer = withCacheMember(
  z.object({
    lead,
    organization,
    ...shared,
    /** The organization's local time to the minute, with its offset from UTC. */
    local_time: z.iso.datetime({ offset: true }),
    is_working_hours: z.boolean(),
    control: controlSchema,
  }),
)

/** The context of a conversation with a lead, as a voice agent's prompt needs it (SPEC 9). */
export const leadContext = defineResource({
  name: 'lead-context',
  summary: 'What an agent needs to know of a lead',
  description:
    'The lead and the organization, the last five messages (newest first), the newest summary with its open questions, who answers, and the organization’s local time at the moment of the answer. Without working hours in the configuration `is_working_hours` is false.',
  route: '/api/leads/{id}/context',
  path,
  query: z.strictObject({}),
  params: path,
  data,
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 600,
  toggle: true,
  absence: leadAbsence,
  paramsOf: ({ id }) => ({ id }),
  warm: ({ leadIds }) => leadIds.map((id) => ({ id })),
  tags: ({ id }) => leadTags(id),
  embedded: ({ lead: { company_id } }) => companyTags(company_id),
  presentation: {
    answer,
    of(context, served) {
      const { company_id: _id, ...named } = context.lead
      const { working_hours, ...known } = context.organization
      const local = localTime(served.retrievedAtMs, known.time_zone)
      return {
        lead: named,
        organization: known,
        last_messages: context.last_messages,
        summary: context.summary,
        open_questions: context.open_questions,
        local_time: local.iso,
        is_working_hours: isWorkingTime(local, working_hours),
        control: context.control,
        _cache: cacheMemberOf(served),
      }
    },
    changing: ({ organization: { time_zone } }, served) => localTime(served.retrievedAtMs, time_zone).iso,
  },
  example: {
    path: { id: 'contact_000042' },
    query: {},
    data: {
      lead: {
        id: 'contact_000042',
        name: 'John Doe',
        company_id: 'company_0042',
        company: { id: 'company_0042', name: 'Example Inc.' },
        language: 'en',
        status: 'open',
        lead_status: 'qualified',
      },
      organization: {
        name: 'Acme',
        language: 'en',
        time_zone: 'America/New_York',
        working_hours: { mon: [['09:00', '17:00']] },
      },
      last_messages: [messageExample],
      summary: summaryExample,
      open_questions: ['When can you deliver?'],
      control: controlExample,
    },
  },
})
