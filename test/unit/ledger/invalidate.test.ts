import { describe, expect, test } from 'vitest'
import type { WireError } from '../../../shared/contract/errors.ts'
import { invalidationEventSchema } from '../../../shared/contract/invalidation.ts'
import { deploymentId, type WorkspaceId, workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { organizationByPhone } from '../../../shared/resources/workspace/organization-by-phone.ts'
import { err, ok } from '../../../shared/result.ts'
import { tagsMovedBy } from '../../../shared/tags/moves.ts'
import { everythingConcern, type ScopedEvent } from '../../../worker/ledger/concerns.ts'
import { ledgerEventOf } from '../../../worker/ledger/event-digest.ts'
import { invalidate } from '../../../worker/ledger/invalidate.ts'
import type { LedgerClient } from '../../../worker/ledger/ledger-client.ts'
import type { LedgerEvent } from '../../../worker/ledger/ledger-messages.ts'
import { createBook } from '../../support/book-storage.ts'

const recorder = { record: () => undefined }
const author = { cause: 'api', userId: null } as const
const workspaceId = workspaceIdSchema.parse('15213')
const reported = (event: object) => ledgerEventOf(invalidationEventSchema.parse(event))

/** Production's ledgers, and what each was told. One of them does not answer. */
function createLedgers(lost: string | null = null) {
  const books = new Map<string, ReturnType<typeof createBook>>()
  const told = new Map<string, LedgerEvent[]>()
  const ledger: LedgerClient = {
    async advance(id, events) {
      if (id === lost) return err({ kind: 'timeout' })
      const book = books.get(id) ?? createBook()
      books.set(id, book)
      told.set(id, [...(told.get(id) ?? []), ...events])
      return ok(book.advance(events))
    },
    since: async () => err({ kind: 'unavailable' }),
  }
  const report = (...events: [WorkspaceId, ScopedEvent[]][]) =>
    invalidate(ledger, recorder, new Map(events), author)
  return { told, report }
}

/** The tags of an entry of the deployment that shows a workspace. */
function tagsOfOrganization(id: WorkspaceId) {
  const example = organizationByPhone.example.data.organization
  return organizationByPhone.embeddedTags(
    new TextEncoder().encode(JSON.stringify({ organization: { ...example, workspace_id: id } })),
  )
}

describe('an organization, as the deployment shows it by its numbers,', () => {
  const movesOfDeployment = (told: ReadonlyMap<string, LedgerEvent[]>) =>
    (told.get(deploymentId) ?? []).flatMap(({ moves }) => moves.flatMap(tagsMovedBy))

  test.each([
    ['the event workspace_updated', async () => reported({ action: 'workspace_updated' })],
    ['the same event under an id', async () => reported({ action: 'workspace_updated', eventId: 'event-1' })],
    ['an invalidation of everything in the workspace', async () => everythingConcern],
  ])('moves with %s, and the answer is about the workspace alone', async (_what, made) => {
    const { told, report } = createLedgers()
    const answer = await report([workspaceId, [await made()]])
    const moved = movesOfDeployment(told)
    expect(tagsOfOrganization(workspaceId).some((tag) => moved.includes(tag))).toBe(true)
    const others = tagsOfOrganization(workspaceIdSchema.parse('15214'))
    expect(others.some((tag) => moved.includes(tag))).toBe(false)
    expect(answer).toMatchObject({ ok: true, value: { version: 1, versions: { '15213': 1 } } })
    expect(JSON.stringify(answer)).not.toContain(deploymentId)
  })

  test('stays where it is with every other event, so that its ledger is called for none of them', async () => {
    const { told, report } = createLedgers()
    for (const action of ['contact_created', 'contact_updated', 'board_updated'] as const) {
      await report([workspaceId, [await reported({ action })]])
      await report([workspaceId, [await reported({ action, boardId: 'b1' })]])
    }
    expect([...told.keys()]).toEqual([workspaceId])
  })

  test('that cannot be moved is claimed by nobody', async () => {
    const unavailable: WireError = { code: 'ledger_unavailable', retryAfterSeconds: limits.retryAfterSeconds }
    const { report } = createLedgers(deploymentId)
    const updated = await reported({ action: 'workspace_updated' })
    expect(await report([workspaceId, [updated]])).toEqual(err(unavailable))
  })

  test('moves for each workspace of the largest batch', async () => {
    const { told, report } = createLedgers()
    const updated = await reported({ action: 'workspace_updated' })
    const ids = Array.from({ length: limits.invalidationEventsMax }, (_, at) =>
      workspaceIdSchema.parse(`w${at}`),
    )
    expect((await report(...ids.map((id): [WorkspaceId, ScopedEvent[]] => [id, [updated]]))).ok).toBe(true)
    const moved = new Set(movesOfDeployment(told))
    for (const id of ids) expect(tagsOfOrganization(id).some((tag) => moved.has(tag))).toBe(true)
  })
})
