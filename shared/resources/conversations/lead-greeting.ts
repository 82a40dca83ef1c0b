import { z } from 'zod'
import { greetingChannelSchema, greetingText } from '../../greetings/greeting.ts'
import { contactIdSchema } from '../../ids.ts'
import { storedLanguageSchema } from '../../language.ts'
import { limits } from '../../limits.ts'
import { localTime, partOfDay } from '../../local-time.ts'
import { companyTags } from '../../tags/tags.ts'
import { text } from '../../text.ts'
import { defineResource } from '../resource.ts'
import type { Served } from '../served.ts'
import { cacheMemberOf, withCacheMember } from '../served.ts'
import { storedId } from '../stored-values.ts'
import { leadAbsence } from './lead-parts.ts'
import { leadTags } from './lead-tags.ts'

/** An entry holds the template and its values. The edge adds the part of the day at the moment of the answer. */
const data = z.object({
  channel: greetingChannelSchema,
  language: storedLanguageSchema,
  template: text(1, limits.greetingCharactersMax),
  time_zone: text(1, limits.timeZoneCharactersMax),
  name: text(1, limits.nameCharactersMax),
  organization: text(1, limits.nameCharactersMax),
  company: text(1, limits.nameCharactersMax).nullable(),
  /** Kept even if there is no such company, because the answer depends on it. */
  company_id: storedId.nullable(),
})
type Data = z.output<typeof data>

const partFor = ({ time_zone }: Data, { retrievedAtMs }: Served) =>
  partOfDay(localTime(retrievedAtMs, time_zone))

/** A greeting for a lead (SPEC 9). */
export const leadGreeting = defineResource({
  name: 'lead-greeting',
  summary: 'A greeting for a lead',
  description:
    "Made from the workspace's template for the channel, or else from the product's own in the lead's language, in the organization's or in English, at the moment of the answer: \"Good evening\" is right for the organization's time zone.",
  route: '/api/leads/{id}/greeting',
  path: z.strictObject({ id: contactIdSchema }),
  query: z.strictObject({ channel: greetingChannelSchema.default('voice') }),
  params: z.strictObject({ id: contactIdSchema, channel: greetingChannelSchema }),
  data,
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 300,
  toggle: true,
  absence: leadAbsence,
  paramsOf: ({ id }, { channel }) => ({ id, channel }),
  tags: ({ id }) => leadTags(id),
  embedded: ({ company_id }) => companyTags(company_id),
  presentation: {
    answer: withCacheMember(
      z.object({
        channel: greetingChannelSchema,
        language: storedLanguageSchema,
        text: text(0, limits.greetingTextCharactersMax),
      }),
    ),
    of: (greeting, served) => ({
      channel: greeting.channel,
      language: greeting.language,
      text: greetingText(greeting, greeting, partFor(greeting, served)),
      _cache: cacheMemberOf(served),
    }),
    changing: partFor,
  },
  example: {
    path: { id: 'contact_000042' },
    query: { channel: 'voice' },
    data: {
      channel: 'voice',
      language: 'en',
      template: '{greeting}, {first_name}[ from {company}]. How can I help you?',
      time_zone: 'America/New_York',
      name: 'John Doe',
      organization: 'Acme',
      company: 'Example Inc.',
      company_id: 'company_0042',
    },
  },
})
