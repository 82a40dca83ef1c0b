import { z } from 'zod'
import type { PhoneNumber } from '../../contact-points/phone.ts'
import { parsePhone, phoneNumberSchema } from '../../contact-points/phone.ts'
import { workspaceConfigurationSchema } from '../../contract/workspace-configuration.ts'
import { workspaceIdSchema } from '../../ids.ts'
import { limits } from '../../limits.ts'
import type { Result } from '../../result.ts'
import { err } from '../../result.ts'
import type { Tag } from '../../tags/tags.ts'
import { thingTags, workspaceTag } from '../../tags/tags.ts'
import { text } from '../../text.ts'
import { typedText } from '../../typed-text.ts'
import { defineResource } from '../resource.ts'

const query = z.strictObject({
  phone: typedText(limits.typedPhoneCharactersMax, parseDialed, {
    description:
      'The number that was dialed, with its country code (`+`, `00`, `tel:`, `whatsapp:`), in which a plus sign is written `%2B`.',
    examples: ['+15550100123'],
  }),
})

/** A number has its country code in every request, since no workspace could say which country is meant. */
function parseDialed(typed: string): Result<PhoneNumber, string> {
  const parsed = parsePhone(typed, null)
  if (parsed.ok) return parsed
  const { kind, message } = parsed.error
  return err(
    kind === 'local'
      ? 'must begin with a country code, such as +49 30 123456; a plus sign is written %2B in a URL'
      : message,
  )
}

const configuration = workspaceConfigurationSchema.shape

const data = z.object({
  organization: z.object({
    workspace_id: workspaceIdSchema,
    name: text(1, limits.nameCharactersMax),
    language: configuration.language,
    region: configuration.region,
    time_zone: configuration.time_zone,
    /** The name that the workspace gave to the number. */
    label: text(1, limits.nameCharactersMax).nullable(),
  }),
})

/** The tags of what the deployment's entries show of a workspace. In the deployment's ledger `company` stands for organizations. */
function organizationTags(workspaceId: string): readonly Tag[] {
  return thingTags('company', workspaceId)
}

/** The workspace whose number was dialed, for a service that picks up a call before it knows a workspace. */
export const organizationByPhone = defineResource({
  name: 'organization-by-phone',
  summary: 'The workspace that a phone number belongs to',
  description:
    'For a service that has only the number that was dialed. The answer names the workspace and what is needed to speak for it.',
  route: '/api/organizations/by-phone',
  path: z.strictObject({}),
  query,
  params: z.strictObject({ phone: phoneNumberSchema }),
  data,
  version: 1,
  scope: 'deployment',
  callers: ['service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 1_800,
  absence: { code: 'not_found', sentence: 'No workspace has this phone number.' },
  privateParams: ['phone'],
  paramsOf: (_path, { phone: dialed }) => ({ phone: dialed }),
  tags: ({ phone: dialed }) => [workspaceTag, ...thingTags('phone', dialed)],
  embedded: ({ organization }) => organizationTags(organization.workspace_id),
  example: {
    path: {},
    query: { phone: '+1 (555) 010-0123' },
    data: {
      organization: {
        workspace_id: workspaceIdSchema.parse('15213'),
        name: 'Example Inc.',
        language: 'en',
        region: 'US',
        time_zone: 'America/New_York',
        label: 'Front desk',
      },
    },
  },
})
