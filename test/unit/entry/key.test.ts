import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { userIdSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { cacheKey } from '../../../worker/entry/key.ts'

const identifier = (charactersMax: number) =>
  fc
    .stringMatching(new RegExp(`^[!-.0-9;-~]{1,${charactersMax}}$`))
    .filter((text) => userIdSchema.safeParse(text).success)
const names = fc.tuple(
  fc.constantFrom('contact-list', 'contact-counts'),
  identifier(64).map((text) => workspaceIdSchema.parse(text)),
  fc.option(identifier(128).map((text) => userIdSchema.parse(text))),
  fc.array(fc.string({ maxLength: 200 }), { maxLength: 5 }),
  fc.array(fc.string({ maxLength: 40 }), { maxLength: 1 }),
)
const keyOf = ([resource, workspace, owner, keyParts, hidden]: typeof names extends fc.Arbitrary<infer T>
  ? T
  : never) =>
  cacheKey(
    resource,
    workspace,
    owner,
    hidden.length === 0 ? { keyParts } : { keyParts, privateKeyParts: hidden },
  )

describe('the key of an entry', () => {
  it('is the same for two questions only if they are the same', async () => {
    await fc.assert(
      fc.asyncProperty(names, names, async (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other)
        expect((await keyOf(one)) === (await keyOf(other))).toBe(isSame)
      }),
    )
  })

  it('differs between workspaces, whatever else is alike', async () => {
    await fc.assert(
      fc.asyncProperty(names, identifier(64), async ([resource, workspace, ...rest], text) => {
        const other = workspaceIdSchema.parse(text)
        fc.pre(other !== workspace)
        expect(await keyOf([resource, workspace, ...rest])).not.toBe(await keyOf([resource, other, ...rest]))
      }),
    )
  })

  it('fits into KV', async () => {
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        const bytes = new TextEncoder().encode(await keyOf(name)).length
        expect(bytes).toBeLessThanOrEqual(limits.keyBytesMax)
      }),
    )
  })

  it('never shows what was searched for', async () => {
    const asked = contactList.ask({ boardId: 'b1' }, { search: 'Jane Doe' })
    if (!asked.ok) throw new Error('the question is valid')
    const key = await cacheKey('contact-list', workspaceIdSchema.parse('15213'), null, asked.value)
    expect(key).toMatch(/^bc3:15213:contact-list:#[0-9a-f]{64}$/)
  })
})
