import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { users } from '../../origin/local/tokens.ts'
import { exportSchema } from '../../shared/contract/exports.ts'
import { importSchema } from '../../shared/contract/imports.ts'
import { notificationPageSchema } from '../../shared/contract/notifications.ts'
import { snapshotListSchema } from '../../shared/contract/snapshots.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await startTestStack({ contacts: 2_000 })
})
afterAll(() => stack?.stop())

const workspace = { 'X-Workspace-ID': '15213' }

/** The `data` of an answer of the Worker, for an admin by default. */
async function ask<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  { token = stack.tokens.admin, body, user }: { token?: string; body?: unknown; user?: string } = {},
): Promise<z.output<Schema>> {
  const response = await fetch(`${stack.worker}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...workspace,
      Authorization: `Bearer ${token}`,
      ...(user === undefined ? {} : { 'X-User-ID': user }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await response.json()
  const { data } = z
    .object({ success: z.literal(true, JSON.stringify(answer)), data: z.unknown() })
    .parse(answer)
  return schema.parse(data)
}

async function exported(request: object) {
  const { id } = await ask(exportSchema, '/api/v1/exports', { body: request })
  const path = `/api/v1/exports/${id}`
  await eventually(async () => (await ask(exportSchema, path)).status === 'done')
  return ask(exportSchema, path)
}
const textAt = async (url: string | null) => (await fetch(z.string().parse(url))).text()

describe('work in the background', () => {
  it('exports a workspace and a board to a file with a link, and tells who asked for it', async () => {
    const whole = await exported({ format: 'ndjson' })
    const lines = (await textAt(whole.url)).trimEnd().split('\n')
    const [known] =
      await stack.sql`select count(*)::int as contacts from public.contacts where workspace_id = '15213'`
    expect(whole.contacts).toBe(known?.['contacts'])
    expect(new Set(lines.map((line) => JSON.parse(line).id)).size).toBe(whole.contacts)

    const board = await exported({ format: 'csv', boardId: 'board_123' })
    const csv = await textAt(board.url)
    // The text is without the byte order mark of three bytes.
    expect(Buffer.byteLength(csv) + 3).toBe(board.sizeBytes)
    expect(csv.split('\r\n')).toHaveLength(board.contacts + 2)

    const page = await ask(notificationPageSchema, '/api/v1/notifications')
    expect(page.notifications.map(({ kind }) => kind)).toEqual(['export.finished', 'export.finished'])
    expect(page.notifications.map(({ subject }) => subject?.id)).toContain(board.id)
    const ids = page.notifications.map(({ id }) => id)
    const marked = z.object({ marked: z.int(), unread: z.int() })
    expect(await ask(marked, '/api/v1/notifications/read', { body: { ids } })).toEqual({
      marked: 2,
      unread: 0,
    })
  })

  it('imports a file, shows how far it is, and its contacts are seen', async () => {
    const lines = Array.from({ length: 1_200 }, (_, index) =>
      JSON.stringify({
        id: `bulk_${index}`,
        board_id: 'board_123',
        board_column_id: 'col_1',
        name: `Bulk ${index}`,
      }),
    )
    const response = await fetch(`${stack.origin}/contacts/import/jobs`, {
      method: 'POST',
      headers: { ...workspace, Authorization: `Bearer ${stack.tokens.member}` },
      body: [...lines, 'no JSON'].join('\n'),
    })
    const begun = z.object({ data: importSchema }).parse(await response.json()).data
    expect(response.status).toBe(201)
    const read = () => ask(importSchema, `/api/v1/imports/${begun.id}`, { token: stack.tokens.member })
    await eventually(async () => (await read()).status === 'done')
    expect(await read()).toMatchObject({
      ...{ lines: 1_201, created: 1_200, updated: 0, rejected: 1, progress: 1 },
      rejections: [{ line: 1_201, code: 'invalid_json' }],
    })
    await eventually(async () => {
      const found = await stack.api().page('board_123', 'search=Bulk%20777')
      return found.contacts.some(({ name }) => name === 'Bulk 777')
    })
  })

  it('takes a snapshot, which the cached figures show', async () => {
    const startsOn = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10)
    await ask(z.unknown(), '/api/v1/queues/analytics/jobs', {
      body: { name: 'snapshot', data: { period: 'daily', startsOn } },
    })
    const list = () => ask(snapshotListSchema, '/api/v1/analytics/snapshots?period=daily')
    await eventually(async () => (await list()).snapshots.some((each) => each.startsOn === startsOn))
    await eventually(async () => {
      const days = z.object({ days: z.array(z.object({ day: z.string() })) })
      const figures = await ask(days, '/api/analytics/dashboard?days=30')
      return figures.days.some(({ day }) => day === startsOn)
    })
  })

  it("keeps a notification of the CRM's own for its user alone", async () => {
    await ask(z.unknown(), '/api/v1/queues/notifications/jobs', {
      token: stack.internalAuthKey,
      body: {
        name: 'notify',
        data: { userId: users.member, kind: 'contact.assigned', title: 'A contact is yours' },
      },
    })
    const titles = async (token: string, user?: string) =>
      (
        await ask(notificationPageSchema, '/api/v1/notifications', {
          token,
          ...(user === undefined ? {} : { user }),
        })
      ).notifications.map(({ title }) => title)
    await eventually(async () => (await titles(stack.tokens.member)).includes('A contact is yours'))
    expect(await titles(stack.internalAuthKey, users.member)).toContain('A contact is yours')
    expect(await titles(stack.tokens.admin)).not.toContain('A contact is yours')
  })
})
