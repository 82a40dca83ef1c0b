import { expect, test } from 'vitest'
import { createQuery } from '../../../origin/database/query.ts'
import { loaderNamed } from '../../../origin/loaders/index.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { communicationAttachments } from '../../../shared/resources/communications/communication-attachments.ts'
import { companyByDomain } from '../../../shared/resources/communications/company-by-domain.ts'
import { companyCommunications } from '../../../shared/resources/communications/company-communications.ts'
import { thread } from '../../../shared/resources/communications/thread.ts'
import type { Resource } from '../../../shared/resources/question.ts'
import { ok } from '../../../shared/result.ts'
import { createPromptDatabase } from './stub-database.ts'

/** Loads the example's question from a database that answers `row`, and notes the fields that did not fit. */
async function load(resource: Resource, row: unknown) {
  const question = resource.parse(resource.example.path, resource.example.query)
  const prepared = loaderNamed(resource.name)?.prepare(question.ok ? question.value.params : null)
  if (prepared?.ok !== true) throw new Error('the loader does not take its example')
  const unfit: string[] = []
  const calls: unknown[] = []
  const database = createPromptDatabase((name, args) => {
    calls.push([name, args])
    return row
  })
  const loaded = await prepared.value.load({
    workspaceId: workspaceIdSchema.parse('15213'),
    userId: null,
    query: createQuery(database, null, new AbortController().signal),
    noteUnfit: (field) => unfit.push(field),
  })
  return { loaded, unfit, calls }
}

const resources = [companyByDomain, companyCommunications, thread, communicationAttachments]

test.each(resources.map((resource) => [resource.name, resource] as const))(
  '%s is loaded as the database shows it',
  async (_name, resource) => {
    const { loaded, unfit } = await load(resource, { outcome: 'ok', ...resource.example.data })
    expect(loaded).toEqual(ok(resource.example.data))
    expect(unfit).toEqual([])
    const missing = await load(resource, { outcome: 'not_found' })
    expect(missing.loaded).toMatchObject({ ok: false, error: { kind: 'not_found' } })
  },
)

test('a domain is looked up in ASCII and without www.', async () => {
  const { calls } = await load(companyByDomain, { outcome: 'not_found' })
  expect(calls).toEqual([['company_by_domain', { p_workspace: '15213', p_domain: 'alder.example' }]])
})

test('a value that does not fit fails no list: it becomes null or a substitute, and is noted', async () => {
  const [first] = thread.example.data.communications
  const { loaded, unfit } = await load(thread, {
    outcome: 'ok',
    ...thread.example.data,
    communications: [{ ...first, direction: 'sideways', user_id: 7, body: 'x'.repeat(5_000) }, first],
  })
  expect(loaded).toMatchObject(
    ok({ communications: [{ id: first?.id, direction: 'inbound', user_id: null, body: '' }, first] }),
  )
  expect(unfit).toEqual(['user_id', 'direction', 'body'])
})

test('the longest rows stay within the bytes of an answer', async () => {
  const wide = '\u{1f600}'.repeat(limits.emailCharactersMax)
  const row = {
    ...companyCommunications.example.data.communications[0],
    to_addresses: Array.from({ length: limits.recipientsMax }, () => wide),
  }
  const { loaded } = await load(companyCommunications, {
    outcome: 'ok',
    communications: Array.from({ length: limits.communicationsMax }, () => row),
    has_more: true,
  })
  expect(loaded.ok && Buffer.byteLength(JSON.stringify(loaded.value))).toBeLessThan(limits.answerBytesMax)
})
