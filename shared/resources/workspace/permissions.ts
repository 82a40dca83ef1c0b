import { z } from 'zod'
import { roleSchema } from '../../ids.ts'
import { limits } from '../../limits.ts'
import { familyTag, membershipTags, workspaceTag } from '../../tags/tags.ts'
import { text } from '../../text.ts'
import { defineResource } from '../resource.ts'
import { cacheMemberOf, withCacheMember } from '../served.ts'

/** In the order of the names. */
const permissions = z.array(text(1, limits.permissionCharactersMax))

/**
 * The role of a user in the table of memberships, and what each role allows. A token may name the user's role in place of the table,
 * and the same entry answers requests with any of the user's tokens, so an entry holds what both roles allow.
 */
const data = z.object({
  role: roleSchema.nullable(),
  allows: z.object({ admin: permissions, member: permissions }),
})

const answer = withCacheMember(
  z.object({
    /** Null if the backend names a user who is no member. */
    role: roleSchema.nullable(),
    allows: permissions,
  }),
)

/** A user's role in a workspace, and what it allows (SPEC 9). */
export const permissionsOfUser = defineResource({
  name: 'permissions',
  summary: "The caller's role in the workspace, and what it allows",
  description:
    "The role is the one with which the caller was let in. For the CRM's backend, which names a user in `X-User-ID`, it is the role in the table of memberships: null, allowing nothing, if the user is no member there. `allows` has the defaults of the role with the workspace's changes of them.",
  route: '/api/users/me/permissions',
  path: z.strictObject({}),
  query: z.strictObject({}),
  params: z.strictObject({}),
  data,
  version: 1,
  callers: ['member', 'service'],
  sharing: 'user',
  changes: 'writes',
  lifetime: 300,
  toggle: true,
  paramsOf: () => ({}),
  warm: () => [{}],
  need: 'first',
  tags: (_params, owner) => (owner === null ? [workspaceTag, familyTag('members')] : membershipTags(owner)),
  presentation: {
    answer,
    of(found, served) {
      const role = served.role ?? found.role
      return { role, allows: role === null ? [] : found.allows[role], _cache: cacheMemberOf(served) }
    },
    changing: (found, served) => served.role ?? found.role ?? '',
  },
  example: {
    path: {},
    query: {},
    data: {
      role: 'member',
      allows: {
        admin: ['contacts.read', 'contacts.update', 'settings.update'],
        member: ['contacts.read', 'contacts.update'],
      },
    },
  },
})
