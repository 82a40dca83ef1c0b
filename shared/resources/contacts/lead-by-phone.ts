import { z } from 'zod'
import { parseAskedPhone, phoneTags, regionSchema } from '../../contact-points/phone.ts'
import { limits } from '../../limits.ts'
import { familyTag, workspaceTag } from '../../tags/tags.ts'
import { storableText } from '../../text.ts'
import { defineResource } from '../resource.ts'
import { companyTagsOf, contactTagsOf, exampleLead, leadSchema } from './whole-contact.ts'

const query = z
  .strictObject({
    phone: storableText(1, limits.typedPhoneCharactersMax).meta({
      description:
        'A number with its country code (`+`, `00`, `tel:`, `whatsapp:`), in which a plus sign is written `%2B`; or a local number of `region`, or without it of the region of the workspace.',
      examples: ['+1 (555) 010-0123'],
    }),
    region: regionSchema.optional(),
  })
  .check((context) => {
    // Nothing more can be said about a number that is no text, or about one of an unknown region.
    if (context.issues.some(({ path }) => path?.[0] === 'phone' || path?.[0] === 'region')) return
    const { phone, region } = context.value
    const parsed = parseAskedPhone(phone, region ?? null)
    if (parsed.ok) return
    context.issues.push({ code: 'custom', input: phone, path: ['phone'], message: parsed.error })
  })

/** A number in E.164, or the digits of a local one. */
const params = z.strictObject({
  phone: z
    .string()
    .regex(new RegExp(`^(?:\\+\\d{1,18}|\\d{${limits.localDigitsMin},${limits.localDigitsMax}})$`)),
})

/** The lead that has a phone number (SPEC 9). */
export const leadByPhone = defineResource({
  name: 'lead-by-phone',
  summary: 'The lead that has a phone number',
  description:
    'A stored number is found in whatever notation it was written; one without a country code is read as a number of the region of the workspace. Of several leads the one with the latest activity answers, and `matches` says how many there are. A number that is not valid is a 400.',
  route: '/api/leads/by-phone',
  path: z.strictObject({}),
  query,
  params,
  data: z.object({ lead: leadSchema, matches: z.int().positive() }),
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 900,
  toggle: true,
  absence: { code: 'contact_not_found', sentence: 'No lead of this workspace has that number.' },
  privateParams: ['phone'],
  paramsOf(_path, { phone, region }) {
    const parsed = parseAskedPhone(phone, region ?? null)
    if (!parsed.ok) throw new Error('lead-by-phone: the query was checked before')
    return { phone: parsed.value }
  },
  // Every write of a contact moves its number in the database. An event of a backend names only the contact. The region of the
  // workspace says which stored local numbers are meant.
  tags: ({ phone }) => [
    ...[workspaceTag, ...phoneTags(phone)],
    ...[familyTag('config'), familyTag('contact'), familyTag('company')],
  ],
  embedded: (data) => [...contactTagsOf(data.lead), ...companyTagsOf(data.lead)],
  example: {
    path: {},
    query: { phone: '+1 (555) 010-0123' },
    data: { lead: exampleLead, matches: 1 },
  },
})
