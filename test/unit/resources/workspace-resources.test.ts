import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Role, userIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { Served } from '../../../shared/resources/served.ts'
import { mailbox } from '../../../shared/resources/workspace/mailbox.ts'
import { permissionsOfUser } from '../../../shared/resources/workspace/permissions.ts'
import { webhookSources } from '../../../shared/resources/workspace/webhook-sources.ts'
import { workspaceConfig } from '../../../shared/resources/workspace/workspace-config.ts'
import { bucketMove, familyMove, tagsMovedBy } from '../../../shared/tags/moves.ts'

const ann = userIdSchema.parse('ann')
const served: Served = {
  ...{
    status: 'HIT',
    source: 'memory',
    ttlSeconds: 300,
    ageSeconds: 1,
    provedAgeSeconds: 0,
    edgeLocation: 'LAX',
  },
  ...{ responseTimeMs: 1, retrievedAtMs: 0, isCacheEnabled: true, userId: ann },
}

describe('permissions', () => {
  const body = (role: Role | null) =>
    new TextEncoder().encode(JSON.stringify({ role, allows: { admin: ['a', 'b'], member: ['a'] } }))
  const answer = z.object({ role: z.string().nullable(), allows: z.array(z.string()) })
  const present = (stored: Role | null, role?: Role) => {
    const parts = permissionsOfUser.present(body(stored), role === undefined ? served : { ...served, role })
    return answer.parse(JSON.parse(Buffer.concat(parts).toString('utf8')))
  }
  const changing = (stored: Role | null, role?: Role) =>
    permissionsOfUser.changing(body(stored), role === undefined ? served : { ...served, role })

  it('are those of the role with which a member was let in, whatever the table has', () => {
    expect(present(null, 'admin')).toEqual({ role: 'admin', allows: ['a', 'b'] })
    expect(present('admin', 'member')).toEqual({ role: 'member', allows: ['a'] })
  })

  it('are those of the role in the table for the backend, and none for a user who is no member', () => {
    expect(present('member')).toEqual({ role: 'member', allows: ['a'] })
    expect(present(null)).toEqual({ role: null, allows: [] })
  })

  it('have an ETag that differs between roles, because one entry answers with each of them', () => {
    expect(new Set([changing('member', 'admin'), changing('member', 'member'), changing(null)]).size).toBe(3)
    expect(changing('member')).toBe(changing('admin', 'member'))
  })

  it("move with the user's membership, and with a change of any role", () => {
    const tags = permissionsOfUser.questionOf({}).tagsFor(ann)
    for (const move of [bucketMove('members', 'ann'), familyMove('members')])
      expect(tags).toEqual(expect.arrayContaining(tagsMovedBy(move)))
  })
})

describe('a mailbox', () => {
  it("moves with the user's own folder, and not with another folder or user", () => {
    const parsed = mailbox.parse({ folder: 'inbox' }, {})
    const tags = parsed.ok ? parsed.value.tagsFor(ann) : []
    const isMovedBy = (value: string) =>
      tagsMovedBy(bucketMove('mailbox', value)).every((tag) => tags.includes(tag))
    expect(isMovedBy('ann:inbox')).toBe(true)
    for (const value of ['ann:sent', 'bob:inbox']) expect(isMovedBy(value)).toBe(false)
  })

  it.each([
    [{ folder: 'inbox' }, { page: '0' }, 'page'],
    [{ folder: 'inbox' }, { page: `${limits.mailboxPageMax + 1}` }, 'page'],
    [{ folder: 'inbox' }, { page: '1.5' }, 'page'],
    [{ folder: 'in box' }, {}, 'folder'],
    [{ folder: 'me' }, {}, 'folder'],
    [{ folder: 'inbox' }, { limit: '5' }, 'limit'],
  ])('refuses %j with %j, and names the parameter', (path, query, parameter) => {
    const parsed = mailbox.parse(path, query)
    expect(!parsed.ok && parsed.error.map((fault) => fault.parameter)).toEqual([parameter])
  })
})

it('a configuration and the sources move with their own families alone', () => {
  const [config, sources] = [
    workspaceConfig.questionOf({}).tagsFor(null),
    webhookSources.questionOf({}).tagsFor(null),
  ]
  expect(config).toEqual([...tagsMovedBy(familyMove('workspace')), ...tagsMovedBy(familyMove('config'))])
  expect(sources).toEqual([...tagsMovedBy(familyMove('workspace')), ...tagsMovedBy(familyMove('sources'))])
})
