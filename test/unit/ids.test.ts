import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  boardIdSchema,
  columnIdSchema,
  contactIdSchema,
  deploymentId,
  scopeIdSchema,
  userIdSchema,
  workspaceIdSchema,
} from '../../shared/ids.ts'

describe.each(
  Object.entries({ boardIdSchema, columnIdSchema, contactIdSchema, userIdSchema, workspaceIdSchema }),
)('what %s takes', (_name, schema) => {
  test('can be part of a path: no URL drops it or changes its meaning', () => {
    // Dots and what they are encoded as come often, anything printable now and then.
    const unit = fc.oneof(fc.constantFrom('.', '%2e', '%', '..'), fc.string({ maxLength: 3 }))
    const texts = fc.array(unit, { minLength: 1, maxLength: 4 }).map((units) => units.join(''))
    fc.assert(
      fc.property(texts, (id) => {
        fc.pre(schema.safeParse(id).success)
        const { pathname } = new URL(`https://boardcache.test/contacts/${encodeURIComponent(id)}/move`)
        const [, first, segment = '', last] = pathname.split('/')
        expect([first, decodeURIComponent(segment), last]).toEqual(['contacts', id, 'move'])
      }),
    )
  })

  test.each(['.', '..'])('is never %s', (id) => {
    expect(schema.safeParse(id).success).toBe(false)
  })

  test.each(['...', '.a', 'a.', '%2e%2e', '~', '-'])('may be %s', (id) => {
    expect(schema.safeParse(id).success).toBe(true)
  })
})

test('the deployment has a name that no workspace can have, and no other name of its form is one', () => {
  expect(workspaceIdSchema.safeParse(deploymentId).success).toBe(false)
  expect(scopeIdSchema.parse(deploymentId)).toBe(deploymentId)
  expect(scopeIdSchema.parse('15213')).toBe('15213')
  for (const other of [':', ':Deployment', ':deployment ', '::deployment', 'a/b'])
    expect(scopeIdSchema.safeParse(other).success).toBe(false)
})
