import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { backendBodies } from '../../../shared/contract/backend-writes.ts'
import {
  contactChangeSchema,
  contactCreationSchema,
  contactMoveSchema,
} from '../../../shared/contract/contacts.ts'
import { loadRequestSchema } from '../../../shared/contract/origin.ts'
import { settingsOf } from '../../../shared/contract/settings.ts'
import { limits } from '../../../shared/limits.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { bodyBytesMax, bodyDoors, createOriginWithDoors } from './doors.ts'
import { alice, createOrigin, read } from './origin-under-test.ts'
import { createPromptDatabase, createStubDatabase } from './stub-database.ts'

/** The part of JSON Schema that limits the size of a value. */
const nodeSchema = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  format: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  maxLength: z.number().optional(),
  maxItems: z.number().optional(),
  get items() {
    return nodeSchema.optional()
  },
  get anyOf() {
    return z.array(nodeSchema).optional()
  },
  get properties() {
    return z.record(z.string(), nodeSchema).optional()
  },
})
type Node = z.output<typeof nodeSchema>

/** The longest useful instant, with microseconds and an offset. */
const instantCharacters = '2026-11-25T10:00:00.123456+00:00'.length
/** A character as an escape, `\uXXXX`. One beyond the first plane takes two escapes, and counts as two. */
const escapeBytes = 6

/** The bytes of the largest value that a schema accepts, with every character escaped and no white space. */
function largestBytes(node: Node): number {
  if (node.anyOf !== undefined) return Math.max(...node.anyOf.map(largestBytes))
  if (node.const !== undefined) return JSON.stringify(node.const).length
  if (node.enum !== undefined) return Math.max(...node.enum.map((each) => JSON.stringify(each).length))
  return Math.max(...[node.type ?? 'nothing'].flat().map((type) => largestOfType(type, node)))
}

function largestOfType(type: string, node: Node): number {
  switch (type) {
    case 'null':
    case 'boolean':
      return 'false'.length
    case 'integer':
    case 'number':
      return String(Number.MIN_SAFE_INTEGER).length
    case 'string':
      return 2 + escapeBytes * (node.format === 'date-time' ? instantCharacters : bounded(node.maxLength))
    case 'array':
      return 2 + bounded(node.maxItems) * (1 + (node.items === undefined ? 0 : largestBytes(node.items)))
    case 'object':
      return Object.entries(node.properties ?? {}).reduce(
        (sum, [name, member]) => sum + `"${name}":,`.length + largestBytes(member),
        2,
      )
    default:
      throw new Error(`a value of type ${type} has no bound here`)
  }
}

function bounded(max: number | undefined): number {
  if (max === undefined) throw new Error('the schema has no bound')
  return max
}

const sizeOf = (schema: z.ZodType) => largestBytes(nodeSchema.parse(z.toJSONSchema(schema, { io: 'input' })))
/** The body of a load as the Worker sends it, with the Worker's own bounds on searches and cursors. */
const loadSchema = loadRequestSchema.extend({
  params: contactList.params.extend({
    search: z.string().max(limits.searchCharactersMax).nullable(),
    cursor: z.string().max(limits.cursorCharactersMax).nullable(),
  }),
})

/** More resources than planned, with longer names, each with its own toggle and lifetime. */
const manyResources = settingsOf(
  Array.from({ length: 30 }, (_, index) => ({
    name: `resource-${String(index).padStart(23, '0')}`,
    ownToggle: true,
    ownLifetimeSeconds: 300,
  })),
)

test.each([
  ['a new contact', contactCreationSchema, limits.contactBodyBytesMax],
  ['a change of a contact', contactChangeSchema, limits.contactBodyBytesMax],
  ['a move', contactMoveSchema, limits.contactMoveBodyBytesMax],
  ['a folder of a mailbox', backendBodies.mailboxFolder.schema, limits.mailboxBodyBytesMax],
  ['control of a lead', backendBodies.leadControl.schema, limits.leadControlBodyBytesMax],
  ['a message', backendBodies.leadMessage.schema, limits.leadMessageBodyBytesMax],
  ['a load', loadSchema, limits.loadBodyBytesMax],
  ['a change of settings', manyResources.change, limits.originSettingsBodyBytesMax],
] as const)(
  'the largest %s fits in its body, fully escaped, with little to spare',
  (_name, schema, bytesMax) => {
    const largest = sizeOf(schema)
    expect(largest).toBeLessThanOrEqual(bytesMax)
    expect(largest).toBeGreaterThan(bytesMax / 4)
  },
)

describe.each(bodyDoors.filter(({ isStreamed }) => !isStreamed))('$route', (door) => {
  const bytesMax = bodyBytesMax[door.path] ?? 0
  const request = (init: RequestInit, announced?: number) => {
    const { app } = createOriginWithDoors({
      database: createPromptDatabase(() => ({ outcome: 'not_found' })),
    })
    const headers = {
      ...door.headers(alice),
      ...(announced === undefined ? {} : { 'Content-Length': `${announced}` }),
    }
    return Promise.resolve(app.request(door.path, { method: door.method, headers, ...init }))
  }
  /** JSON of this size that no schema accepts. */
  const padded = (bytes: number) => `{"unknown":"${'x'.repeat(bytes - '{"unknown":""}'.length)}"}`

  test('accepts a body at its limit and refuses one byte more, announced or not', async () => {
    for (const announced of [true, false]) {
      const just = padded(bytesMax)
      expect(await read(await request({ body: just }, announced ? bytesMax : undefined))).toMatchObject({
        status: 400,
        body: { code: 'invalid_body' },
      })
      expect(
        await read(await request({ body: `${just} ` }, announced ? bytesMax + 1 : undefined)),
      ).toMatchObject({ status: 413, body: { code: 'body_too_large' } })
    }
  })

  test('does not trust a Content-Length that is too small', async () => {
    expect(await read(await request({ body: padded(bytesMax + 1) }, 2))).toMatchObject({ status: 413 })
  })

  test('reads no further than its limit', async () => {
    let sentBytes = 0
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          sentBytes += 1_024
          controller.enqueue(new Uint8Array(1_024))
        },
      },
      { highWaterMark: 0 },
    )
    expect((await request({ body, duplex: 'half' })).status).toBe(413)
    expect(sentBytes).toBeLessThanOrEqual(bytesMax + 2_048)
  })
})

test('a contact with 90,000 unknown fields is refused by its length alone', async () => {
  const database = createStubDatabase()
  const body = JSON.stringify(
    Object.fromEntries(Array.from({ length: 90_000 }, (_, index) => [`k${index}`, 1])),
  )
  const headers = { Authorization: `Bearer ${alice}`, 'X-Workspace-ID': '15213' }
  const { app } = createOrigin({ database })
  const response = await app.request('/contacts', { method: 'POST', headers, body })
  expect(await read(response)).toMatchObject({ status: 413 })
  expect(database.calls).toHaveLength(0)
})
