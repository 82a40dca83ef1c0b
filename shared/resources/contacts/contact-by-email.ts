import { z } from 'zod'
import { emailTags, parseEmail } from '../../contact-points/email.ts'
import { limits } from '../../limits.ts'
import { bucketTag, familyTag, workspaceTag } from '../../tags/tags.ts'
import { typedText } from '../../typed-text.ts'
import { defineResource } from '../resource.ts'
import { exampleContact, wholeContactSchema } from './whole-contact.ts'

/** An address as people have it. Its output has A to Z folded and the domain in ASCII, and is accepted again. */
const typedEmail = typedText(limits.typedEmailCharactersMax, parseEmail, {
  description:
    'An address in any case, with an internationalized domain or its ASCII form. In a URL a plus sign is written `%2B`.',
  examples: ['Ann.Lee+news@EXAMPLE.com'],
})

/** The contact that has an e-mail address (SPEC 9). */
export const contactByEmail = defineResource({
  name: 'contact-by-email',
  summary: 'The contact that has an e-mail address',
  description:
    'Finds the contacts that have the address and, for an address with a tag such as `ann+news@example.com`, also those that have its plain form. The one with the latest activity answers, and `matches` says how many there are. An address that is not valid is a 400.',
  route: '/api/contacts/by-email',
  path: z.strictObject({}),
  query: z.strictObject({ email: typedEmail }),
  params: z.strictObject({ email: typedEmail }),
  data: z.object({ contact: wholeContactSchema, matches: z.int().positive() }),
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 1_800,
  toggle: true,
  absence: { code: 'contact_not_found', sentence: 'No contact of this workspace has that address.' },
  privateParams: ['email'],
  paramsOf: (_path, { email }) => ({ email }),
  // Every write of a contact moves its address in the database. An event of a backend names only the contact.
  tags: ({ email }) => [workspaceTag, ...emailTags(email), familyTag('contact')],
  embedded: (data) => [bucketTag('contact', data.contact.id)],
  example: {
    path: {},
    query: { email: 'John@example.com' },
    data: { contact: exampleContact, matches: 1 },
  },
})
