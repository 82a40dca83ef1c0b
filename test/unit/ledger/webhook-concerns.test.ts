import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DatabaseWebhook, databaseWebhookSchema } from '../../../shared/contract/invalidation.ts'
import { deploymentId } from '../../../shared/ids.ts'
import { bucketMove, familyMove, placeMove, shownMoves } from '../../../shared/tags/moves.ts'
import { placeSlotsMask } from '../../../shared/tags/places.ts'
import type { Concern } from '../../../worker/ledger/concerns.ts'
import { webhookConcerns } from '../../../worker/ledger/webhook-concerns.ts'
import { workspaceId } from '../../support/entries.ts'

type Row = Record<string, unknown> | null

const row = (column: string, workspace = '15213') => ({
  id: 'contact_456',
  workspace_id: workspace,
  board_id: 'board_123',
  board_column_id: column,
})

function webhook(record: Row, old: Row, more: Partial<DatabaseWebhook> = {}): DatabaseWebhook {
  const type = record === null ? 'DELETE' : old === null ? 'INSERT' : 'UPDATE'
  return { type, table: 'contacts', schema: 'public', record, old_record: old, ...more }
}

function concernFrom(posted: DatabaseWebhook): Concern {
  const concerns = webhookConcerns(posted)
  if (!concerns.ok) throw new Error(concerns.error.message)
  return concerns.value.get(workspaceId) ?? { scopes: [], moves: [] }
}

const scopesFrom = (posted: DatabaseWebhook): string[] => concernFrom(posted).scopes.toSorted()

const places = (...columns: string[]) =>
  [...columns.map((column) => `column:board_123:${column}`), 'counts', 'open:board_123'].toSorted()

describe('a database webhook', () => {
  it('moves the old and the new place of a row, for an insert, an update and a delete', () => {
    expect(scopesFrom(webhook(row('col_1'), null))).toEqual(places('col_1'))
    expect(scopesFrom(webhook(row('col_2'), row('col_1')))).toEqual(places('col_1', 'col_2'))
    expect(scopesFrom(webhook(null, row('col_1')))).toEqual(places('col_1'))
  })

  it('moves the old and new values that a contact is found by, or the whole family if the row lacks the column', () => {
    const old = { ...row('col_1'), assigned_to: 'u1', email: 'Old@example.com', phone: null }
    const now = {
      ...row('col_1'),
      assigned_to: 'u2',
      email: ' new@Straße.example',
      phone: '(030) 12-345 ext. 6',
    }
    const { moves } = concernFrom(webhook(now, old))
    for (const move of [
      ...[...shownMoves('contact_456'), bucketMove('user', 'u1'), bucketMove('user', 'u2')],
      ...[bucketMove('email', 'old@example.com'), bucketMove('email', 'new@xn--strae-oqa.example')],
      ...[
        bucketMove('phone', '2345'),
        placeMove('board_123', 'col_1', placeSlotsMask),
        familyMove('segment'),
      ],
    ])
      expect(moves).toContain(move)
    expect(moves).toHaveLength(13)
    const untold = concernFrom(webhook(row('col_1'), null)).moves
    for (const family of ['user', 'email', 'phone'] as const) expect(untold).toContain(familyMove(family))
  })

  it("moves a contact's conversations only if the contact comes or goes", () => {
    const conversation = bucketMove('conversation', 'contact_456')
    const renamed = { ...row('col_1'), id: 'contact_457' }
    const comesOrGoes = [
      webhook(row('col_1'), null),
      webhook(null, row('col_1')),
      webhook(renamed, row('col_1')),
    ]
    for (const posted of comesOrGoes) expect(concernFrom(posted).moves).toContain(conversation)
    expect(concernFrom(webhook(row('col_2'), row('col_1'))).moves).not.toContain(conversation)
  })

  it("moves the members' bucket of a membership, and nothing else of the workspace", () => {
    const membership = { workspace_id: '15213', user_id: 'u1', role: 'member' }
    const { scopes, moves } = concernFrom(webhook(membership, null, { table: 'memberships' }))
    expect([scopes, moves]).toEqual([['members'], [bucketMove('members', 'u1')]])
    const other = { ...membership, user_id: 'u2' }
    expect(concernFrom(webhook(other, membership, { table: 'memberships' })).moves).toEqual([
      bucketMove('members', 'u1'),
      bucketMove('members', 'u2'),
    ])
  })

  it('moves the organization of a workspace in the ledger of the deployment, and answers the version of the workspace', () => {
    const named = (id: string, name: string) => ({ id, name })
    const moved = (posted: DatabaseWebhook) => {
      const concerns = webhookConcerns({ ...posted, table: 'workspaces' })
      return concerns.ok && [...concerns.value].map(([id, { moves }]) => [id, moves])
    }
    expect(moved(webhook(named('15214', 'New'), named('15213', 'Old')))).toEqual([
      [deploymentId, [bucketMove('company', '15213'), bucketMove('company', '15214')]],
      ...['15213', '15214'].map((id) => [id, [familyMove('workspace')]]),
    ])
    expect(moved({ ...webhook(named('15213', 'New'), null), type: 'UPDATE' })).toEqual([
      [deploymentId, [familyMove('company')]],
      ['15213', [familyMove('workspace')]],
    ])
  })

  it('moves both workspaces of a row that changed its workspace', () => {
    const tags = webhookConcerns(webhook(row('col_2', '15214'), row('col_1')))
    expect(tags.ok && [...tags.value.keys()]).toEqual(['15213', '15214'])
  })

  it('moves the one workspace that the API can name of a row that came from another, or went there', () => {
    for (const posted of [
      webhook(row('col_1'), row('col_2', 'Büro')),
      webhook(row('col_2', 'x'.repeat(65)), row('col_1')),
    ]) {
      const tags = webhookConcerns(posted)
      expect(tags.ok && [...tags.value.keys()]).toEqual(['15213'])
      expect(scopesFrom(posted)).toEqual(places('col_1'))
    }
  })

  it('may name any of the 64 partitions of contacts in place of the table, and nothing like them', () => {
    for (let number = 0; number < 64; number += 1) {
      const table = `contacts_${String(number).padStart(2, '0')}`
      expect(scopesFrom(webhook(row('col_1'), null, { schema: 'private', table }))).toEqual(places('col_1'))
      expect(webhookConcerns(webhook(row('col_1'), null, { table })).ok).toBe(false)
    }
    for (const table of ['contacts_64', 'contacts_7', 'contacts_007', 'contacts_', 'contacts', 'outbox'])
      expect(webhookConcerns(webhook(row('col_1'), null, { schema: 'private', table }))).toMatchObject({
        ok: false,
        error: { parameter: 'table' },
      })
  })

  it('is refused with the faulty member if it is not a row of a cached table', () => {
    for (const [posted, parameter] of [
      [webhook(row('col_1'), null, { table: 'invoices' }), 'table'],
      [webhook(row('col_1'), null, { table: 'toString' }), 'table'],
      [webhook(row('col_1'), null, { schema: 'auth' }), 'table'],
      [webhook({ id: 1 }, null), 'record'],
      [webhook(row('col_1', 'a b'), null), 'record'],
      [webhook(null, null), 'record'],
      [webhook(null, row('col_1'), { type: 'INSERT' }), 'record'],
      [webhook(row('col_1'), null, { type: 'DELETE' }), 'record'],
    ] as const)
      expect(webhookConcerns(posted)).toMatchObject({ ok: false, error: { parameter } })
  })

  it('moves the whole workspace if the row names a place that the API cannot name, or only one of two places', () => {
    expect(scopesFrom(webhook({ ...row('col_1'), board_id: 'Büro' }, null))).toEqual(['workspace'])
    expect(scopesFrom(webhook(row('col_1'), null, { type: 'UPDATE' }))).toEqual(['workspace'])
  })

  it('is accepted whatever else its row contains', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.bigInt(), (columns, large) => {
        const wide = `{"extra": ${large}, "rest": ${JSON.stringify(columns)}, "text": "${'x'.repeat(9_000)}"}`
        const record = { ...JSON.parse(wide), ...row('col_1') }
        const posted = databaseWebhookSchema.parse(JSON.parse(JSON.stringify(webhook(record, null))))
        expect(scopesFrom(posted)).toEqual(places('col_1'))
      }),
      { numRuns: 50 },
    )
  })
})
