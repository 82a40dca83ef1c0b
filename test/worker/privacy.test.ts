import { reset, runInDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { afterEach, expect, test } from 'vitest'
import { workerTestBindings } from '../support/worker-bindings.ts'

afterEach(reset)

/** Values that occur nowhere else, in every place where a caller may put one. */
const marked = {
  address: 'marked.person@example.com',
  phone: '+4930555019',
  name: 'Marked Personname',
  id: 'contact-of-marked.person@example.com',
}
const marks = ['arked', 'ersonname', '555019', 'example.com']

async function post(body: unknown) {
  return exports.default.fetch('https://boardcache.test/api/cache/invalidate', {
    method: 'POST',
    headers: { Authorization: `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}` },
    body: JSON.stringify(body),
  })
}

/** The content of the tables of a workspace's ledger. Blobs are shown as the characters of their bytes. */
async function ledgerText(workspaceId: string): Promise<string> {
  const stub = env.LEDGER.get(env.LEDGER.idFromName(workspaceId))
  return runInDurableObject(stub, (_ledger, { storage }) =>
    ['snapshot', 'log']
      .flatMap((table) => [...storage.sql.exec(`select * from ${table}`)].flatMap(Object.values))
      .map((cell) => (cell instanceof ArrayBuffer ? new TextDecoder('latin1').decode(cell) : String(cell)))
      .join('\n'),
  )
}

test('no address, number, name or id of a contact is in the ledger or in the metrics', async () => {
  const record = {
    ...{ workspace_id: '15213', id: marked.id, board_id: 'b1', board_column_id: 'c1' },
    ...{ name: marked.name, email: marked.address, phone: marked.phone, assigned_to: marked.address },
  }
  const bodies = [
    {
      workspaceId: '15213',
      boardId: 'b1',
      contactId: marked.id,
      action: 'contact_updated',
      eventId: marked.address,
    },
    { type: 'INSERT', schema: 'public', table: 'contacts', record, old_record: null },
    {
      type: 'UPDATE',
      schema: 'public',
      table: 'memberships',
      record: { workspace_id: '15213', user_id: marked.address },
      old_record: { workspace_id: '15213', user_id: marked.address },
    },
  ]
  for (const body of bodies) {
    const answer = await post(body)
    expect(answer.status).toBe(200)
    await answer.text()
  }
  const ledger = await ledgerText('15213')
  expect(ledger.length).toBeGreaterThan(65_000)
  const metrics = await (
    await exports.default.fetch('https://boardcache.test/metrics?format=prometheus')
  ).text()
  for (const mark of marks) {
    expect(ledger).not.toContain(mark)
    expect(metrics).not.toContain(mark)
  }
})
