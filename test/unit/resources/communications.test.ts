import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { communicationAttachments } from '../../../shared/resources/communications/communication-attachments.ts'
import { companyByDomain } from '../../../shared/resources/communications/company-by-domain.ts'
import { companyCommunications } from '../../../shared/resources/communications/company-communications.ts'
import { thread } from '../../../shared/resources/communications/thread.ts'
import type { Resource } from '../../../shared/resources/question.ts'
import { bucketMove, tagsMovedBy } from '../../../shared/tags/moves.ts'
import { familyTag, workspaceTag } from '../../../shared/tags/tags.ts'

const tagsOf = (resource: Resource, path: unknown, query: unknown = {}) => {
  const parsed = resource.parse(path, query)
  if (!parsed.ok) throw new Error('no question')
  return parsed.value.tagsFor(null)
}

test('each depends on its workspace, its family and the bucket of its id, and on nothing else', () => {
  for (const [resource, family] of [
    [companyCommunications, 'company'],
    [thread, 'thread'],
    [communicationAttachments, 'communication'],
  ] as const)
    expect(tagsOf(resource, { id: 'some-id' })).toEqual([
      workspaceTag,
      familyTag(family),
      ...tagsMovedBy(bucketMove(family, 'some-id')),
    ])
})

test.each(['me', 'by-domain', '.', '..', 'a/b', ''])('no id is %j', (id) => {
  for (const resource of [companyCommunications, thread, communicationAttachments])
    expect(resource.parse({ id }, {}).ok).toBe(false)
})

test('a list of a company has 1 to 100 communications, and 50 unless told otherwise', () => {
  const limitOf = (query: unknown) => {
    const parsed = companyCommunications.parse({ id: 'x' }, query)
    return parsed.ok ? parsed.value.params['limit'] : 'refused'
  }
  expect([{}, { limit: '1' }, { limit: '100' }].map(limitOf)).toEqual([50, 1, 100])
  for (const limit of ['0', '101', '-1', '1.5', '', 'all']) expect(limitOf({ limit })).toBe('refused')
})

describe('the company of a domain', () => {
  const paramsOf = (domain: string) => {
    const parsed = companyByDomain.parse({}, { domain })
    return parsed.ok ? parsed.value.params : parsed.error
  }

  test('is one question for every notation of the domain', () => {
    const label = fc.stringMatching(/^[a-z0-9]{1,20}$/)
    const notations = [
      (domain: string) => domain.toUpperCase(),
      (domain: string) => `www.${domain}`,
      (domain: string) => `https://www.${domain}/about?x=1`,
      (domain: string) => ` ${domain}. `,
    ]
    fc.assert(
      fc.property(label, fc.constantFrom(...notations), (name, written) => {
        const domain = `${name}.example`
        expect(paramsOf(written(domain))).toEqual({ domain })
      }),
    )
    expect(paramsOf('Bücher.example')).toEqual({ domain: 'xn--bcher-kva.example' })
  })

  test.each(['', 'localhost', '10.0.0.1', 'a b.example', 'http://', 'x'.repeat(300)])(
    '%j is refused with a reason, and never looked up',
    (domain) => {
      expect(paramsOf(domain)).toEqual([{ parameter: 'domain', message: expect.stringMatching(/^must /) }])
    },
  )

  test('depends on the domain, and on the company that it shows', () => {
    const { data } = companyByDomain.example
    expect(tagsOf(companyByDomain, {}, { domain: 'Alder.example' })).toEqual([
      workspaceTag,
      familyTag('domain'),
      ...tagsMovedBy(bucketMove('domain', 'alder.example')),
    ])
    expect(companyByDomain.embeddedTags(new TextEncoder().encode(JSON.stringify(data)))).toEqual([
      familyTag('company'),
      ...tagsMovedBy(bucketMove('company', data.company.id)),
    ])
  })

  test('has no domain in its key but as part of a digest', () => {
    expect(companyByDomain.privateParams).toEqual(['domain'])
  })
})
