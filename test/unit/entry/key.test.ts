import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { userIdSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { resources } from '../../../shared/resources/index.ts'
import { cacheKey } from '../../../worker/entry/key.ts'

const identifier = (charactersMax: number) =>
  fc
    .stringMatching(new RegExp(`^[!-.0-9;-~]{1,${charactersMax}}$`))
    .filter((text) => userIdSchema.safeParse(text).success)
const value = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.constantFrom(null, '', '=', 'null', '1', 1, 'true', true, '~', '*', ':'),
  fc.nat(),
)
const shape = { a: z.unknown(), b: z.unknown(), c: z.unknown() }

const names = fc.record({
  name: fc.constantFrom('contact-list', 'contact-counts'),
  version: fc.integer({ min: 1, max: 11 }),
  workspace: identifier(64).map((text) => workspaceIdSchema.parse(text)),
  owner: fc.option(identifier(128).map((text) => userIdSchema.parse(text))),
  params: fc.record({ a: value, b: value, c: value }),
  isPrivate: fc.boolean(),
  namespace: fc.constantFrom<('cache' | 'emailCache')[]>('cache', 'emailCache'),
})
type Name = typeof names extends fc.Arbitrary<infer T> ? T : never

function keyOf({ name, version, namespace, workspace, owner, params, isPrivate }: Name) {
  const resource = {
    ...{ name, version, params: z.object(shape), namespace },
    privateParams: isPrivate ? ['b'] : [],
  }
  return cacheKey({ resource, params }, workspace, owner)
}

describe('the key of an entry', () => {
  it('is the same for two questions only if they are the same', async () => {
    await fc.assert(
      fc.asyncProperty(names, names, fc.boolean(), async (one, other, isAlike) => {
        const second = isAlike ? { ...one, params: other.params } : other
        // The declaration says which parameters are private, so equal names imply equal privacy.
        const both = { ...second, isPrivate: one.isPrivate }
        const isSame = JSON.stringify(one) === JSON.stringify(both)
        expect((await keyOf(one)) === (await keyOf(both))).toBe(isSame)
      }),
      { numRuns: 2_000 },
    )
  })

  it('goes by the order of the declaration, and not by that in which a question names its parameters', async () => {
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        const { a, b, c } = name.params
        expect(await keyOf({ ...name, params: { c, b, a } })).toBe(await keyOf(name))
      }),
    )
  })

  it.each(resources.map((resource) => [resource.name, resource] as const))(
    'of %s names every one of its parameters',
    async (_name, resource) => {
      const parsed = resource.parse(resource.example.path, resource.example.query)
      if (!parsed.ok) throw new Error('the example is a question')
      const workspace = workspaceIdSchema.parse('15213')
      const key = await cacheKey(parsed.value, workspace, null)
      for (const name of Object.keys(resource.params.shape)) {
        const changed = { ...parsed.value, params: { ...parsed.value.params, [name]: 'another' } }
        expect(await cacheKey(changed, workspace, null)).not.toBe(key)
      }
    },
  )

  it('differs between workspaces, whatever else is alike', async () => {
    await fc.assert(
      fc.asyncProperty(names, identifier(64), async (name, text) => {
        const other = workspaceIdSchema.parse(text)
        fc.pre(other !== name.workspace)
        expect(await keyOf(name)).not.toBe(await keyOf({ ...name, workspace: other }))
      }),
    )
  })

  it('differs between versions of a declaration, so that a changed shape meets no older entry', async () => {
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        expect(await keyOf(name)).not.toBe(await keyOf({ ...name, version: name.version + 1 }))
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
    const parsed = contactList.parse({ boardId: 'b1' }, { search: 'Jane Doe' })
    if (!parsed.ok) throw new Error('the question is valid')
    const key = await cacheKey(parsed.value, workspaceIdSchema.parse('15213'), null)
    expect(key).toMatch(/^bc3:15213:contact-list@2:#[0-9a-f]{64}$/)
  })
})
