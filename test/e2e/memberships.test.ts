import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../support/api-client.ts'
import { readEvents } from '../support/event-stream.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack({ contacts: 2_000 })
})
afterAll(async () => {
  await stack?.stop()
})

/** From the committed row to the moment at which everybody must see it, including the relay's call to the ledger. */
const withinTwoSeconds = { deadlineMs: 2_000 }

/** A user whose token names no workspaces, so that the database decides about memberships. */
async function createUser() {
  const userId = randomUUID()
  const token = await stack.tokenOf({ userId, workspaces: null })
  return {
    token,
    async statusOf(path = '/api/boards/board_123/contacts?per_page=1') {
      const { status } = await ask(`${stack.worker}${path}`, {
        headers: { Authorization: `Bearer ${token}`, 'X-Workspace-ID': '15213' },
      })
      return status
    },
    join: (role: 'admin' | 'member') =>
      stack.sql`insert into memberships (workspace_id, user_id, role) values ('15213', ${userId}, ${role})`,
    leave: () => stack.sql`delete from memberships where workspace_id = '15213' and user_id = ${userId}`,
    become: (role: 'admin' | 'member') =>
      stack.sql`update memberships set role = ${role} where workspace_id = '15213' and user_id = ${userId}`,
  }
}

describe('a membership that changes in the database, without any further call,', () => {
  it('lets a stranger in and shuts a member out, though the opposite was remembered', async () => {
    const user = await createUser()
    expect([await user.statusOf(), await user.statusOf()]).toEqual([403, 403])

    await user.join('member')
    await eventually(async () => (await user.statusOf()) === 200, withinTwoSeconds)
    expect([await user.statusOf(), await user.statusOf()]).toEqual([200, 200])

    await user.leave()
    await eventually(async () => (await user.statusOf()) === 403, withinTwoSeconds)
    expect([await user.statusOf(), await user.statusOf()]).toEqual([403, 403])
  })

  it('takes from an admin what only admins may do', async () => {
    const user = await createUser()
    await user.join('admin')
    const monitoring = () => user.statusOf('/api/monitoring/alerts/settings')
    await eventually(async () => (await monitoring()) === 200, withinTwoSeconds)
    await user.become('member')
    await eventually(async () => (await monitoring()) === 403, withinTwoSeconds)
    expect(await user.statusOf()).toBe(200)
  })

  it('takes a member who was removed every way of writing, at the Worker and at the origin', async () => {
    const user = await createUser()
    await user.join('member')
    const id = `of-${randomUUID()}`
    await stack.sql`
      insert into contacts (workspace_id, id, board_id, board_column_id, name)
      values ('15213', ${id}, 'board_1', 'col_11', 'Written')`
    const place = { board_id: 'board_1', board_column_id: 'col_12' }
    const writes = [
      ['PATCH', `/contacts/${id}`, { name: 'Again' }],
      ['POST', `/contacts/${id}/move`, place],
      ['POST', '/contacts', { ...place, name: 'New' }],
      ['DELETE', `/contacts/${id}`, undefined],
    ] as const
    const statusOf = async (base: string, [method, path, body]: (typeof writes)[number]) =>
      (
        await ask(`${base}${path}`, {
          method,
          headers: {
            ...{ Authorization: `Bearer ${user.token}`, 'X-Workspace-ID': '15213' },
            'Content-Type': 'application/json',
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
      ).status
    const bases = [`${stack.worker}/api`, stack.origin]
    const [patch] = writes
    for (const base of bases)
      await eventually(async () => (await statusOf(base, patch)) === 200, withinTwoSeconds)

    await user.leave()
    for (const base of bases)
      await eventually(async () => (await statusOf(base, patch)) === 403, withinTwoSeconds)
    for (const base of bases)
      for (const write of writes)
        expect([base, write[0], await statusOf(base, write)]).toEqual([base, write[0], 403])
    const [row] = await stack.sql`select name from contacts where workspace_id = '15213' and id = ${id}`
    expect(row).toBeDefined()
  })

  it('ends the event stream of an operator who was removed', async () => {
    const user = await createUser()
    await user.join('admin')
    await eventually(async () => (await user.statusOf('/api/monitoring/alerts')) === 200, withinTwoSeconds)
    const response = await fetch(`${stack.worker}/api/monitoring/stream`, {
      headers: { Authorization: `Bearer ${user.token}`, 'X-Workspace-ID': '15213' },
    })
    expect(response.status).toBe(200)
    const { body } = response
    if (body === null) throw new Error('the stream has no body')
    let isOpen = true
    const ended = (async () => {
      for await (const event of readEvents(body)) expect(event.event).toBeDefined()
      isOpen = false
    })()
    await user.leave()
    // Events come about once a second. The first one after the bound is not sent.
    await eventually(() => !isOpen, { deadlineMs: 5_000 })
    await ended
  })
})
