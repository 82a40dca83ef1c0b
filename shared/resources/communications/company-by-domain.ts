import { z } from 'zod'
import { domainTags, parseDomain } from '../../contact-points/domain.ts'
import { limits } from '../../limits.ts'
import { thingTags, workspaceTag } from '../../tags/tags.ts'
import { text } from '../../text.ts'
import { typedText } from '../../typed-text.ts'
import { defineResource } from '../resource.ts'
import { storedId, storedInstant } from '../stored-values.ts'

/** A domain as people have it. Its output is the domain in ASCII and lower case without `www.`, which it accepts again. */
const typedDomain = typedText(limits.typedDomainCharactersMax, parseDomain, {
  description: 'A domain, with or without `www.`, an internationalized one, or a URL that contains it.',
  examples: ['www.Alder.example'],
})

export const companySchema = z.object({
  id: storedId,
  name: text(1, limits.nameCharactersMax),
  website: text(1, 500).nullable(),
  industry: text(1, 100).nullable(),
  employees: z.int().nonnegative().nullable(),
  /** The first ones of them, in alphabetical order. */
  domains: z.array(text(1, 253)).max(limits.companyDomainsMax),
  created_at: storedInstant,
  updated_at: storedInstant,
})

/** The company that has a domain (SPEC 9). */
export const companyByDomain = defineResource({
  name: 'company-by-domain',
  summary: 'The company that has a domain',
  description:
    'A domain is found in any notation: with `www.`, in a URL, internationalized, in upper case. A domain that is not valid is a 400. `matches` is 2 if one company has the domain and another one has it with `www.`; the former answers.',
  route: '/api/companies/by-domain',
  path: z.strictObject({}),
  query: z.strictObject({ domain: typedDomain }),
  params: z.strictObject({ domain: typedDomain }),
  data: z.object({ company: companySchema, matches: z.int().positive() }),
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 3_600,
  toggle: true,
  absence: { code: 'not_found', sentence: 'No company of this workspace has that domain.' },
  privateParams: ['domain'],
  paramsOf: (_path, { domain }) => ({ domain }),
  tags: ({ domain }) => [workspaceTag, ...domainTags(domain)],
  embedded: ({ company }) => thingTags('company', company.id),
  example: {
    path: {},
    query: { domain: 'www.Alder.example' },
    data: {
      company: {
        id: 'company_0042',
        name: 'Alder Travel',
        website: 'https://www.alder.example',
        industry: 'travel',
        employees: 120,
        domains: ['alder.example'],
        created_at: '2025-12-01T09:30:00.000000+00:00',
        updated_at: '2026-01-31T12:00:00.000000+00:00',
      },
      matches: 1,
    },
  },
})
