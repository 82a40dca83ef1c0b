import { z } from 'zod'

/**
 * The identifiers that must never be mixed up. All are opaque text of 1 to 128 printable characters without
 * white space, `/` or `:` (the separators of keys and tags).
 */
const identifier = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\s/:\p{C}]+$/u, 'must not contain white space, "/", ":" or control characters')

export const workspaceIdSchema = identifier.brand<'WorkspaceId'>()
export const boardIdSchema = identifier.brand<'BoardId'>()
export const columnIdSchema = identifier.brand<'ColumnId'>()
export const contactIdSchema = identifier.brand<'ContactId'>()
/** The subject of a token: a UUID with Supabase Auth, any identifier with another issuer. */
export const userIdSchema = identifier.brand<'UserId'>()

export type WorkspaceId = z.output<typeof workspaceIdSchema>
export type BoardId = z.output<typeof boardIdSchema>
export type ColumnId = z.output<typeof columnIdSchema>
export type ContactId = z.output<typeof contactIdSchema>
export type UserId = z.output<typeof userIdSchema>

/** A workspace's sequence number: 0 before the first invalidation, then one more with each. */
export const versionSchema = z.int().nonnegative().brand<'Version'>()
export type Version = z.output<typeof versionSchema>

export const roleSchema = z.enum(['admin', 'member'])
export type Role = z.output<typeof roleSchema>
