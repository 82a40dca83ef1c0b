import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { roleSchema } from '../../shared/ids.ts'
import { allowedTo, defaultPermissions } from '../../shared/permissions.ts'

const roles = roleSchema.options
const known = [...new Set(roles.flatMap((role) => defaultPermissions[role]))]
const permission = fc.constantFrom(...known, 'contacts.export', 'reports.read')
/** As the table has them: a permission of a role at most once. */
const changes = fc.uniqueArray(
  fc.record({ role: fc.constantFrom(...roles), permission, is_allowed: fc.boolean() }),
  { selector: (change) => `${change.role} ${change.permission}` },
)

describe('the permissions of a role', () => {
  test('are its defaults where the workspace changed nothing, and what the workspace said where it did', () => {
    fc.assert(
      fc.property(fc.constantFrom(...roles), changes, permission, (role, changed, asked) => {
        const change = changed.find((each) => each.role === role && each.permission === asked)
        const expected = change?.is_allowed ?? defaultPermissions[role].includes(asked)
        expect(allowedTo(role, changed).includes(asked)).toBe(expected)
      }),
      { numRuns: 300 },
    )
  })

  test('are sorted and without repetition, however the changes are ordered', () => {
    fc.assert(
      fc.property(fc.constantFrom(...roles), changes, (role, changed) => {
        const allowed = allowedTo(role, changed)
        expect(allowed).toEqual([...new Set(allowed)].toSorted())
        expect(allowedTo(role, changed.toReversed())).toEqual(allowed)
      }),
    )
  })

  test('of an admin include those of a member', () => {
    expect(defaultPermissions.admin).toEqual(expect.arrayContaining([...defaultPermissions.member]))
  })

  test('have names that the database accepts', () => {
    for (const name of known) expect(name).toMatch(/^[a-z][a-z_]{0,31}(\.[a-z][a-z_]{0,31}){0,2}$/)
  })
})
