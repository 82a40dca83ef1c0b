import { z } from 'zod'

/**
 * The identifiers that must never be mixed up. Each is opaque text of printable ASCII without white space, `/` or `:`
 * (the separators of keys and tags), and none is `.` or `..`: the path of a URL drops such segments, percent-encoded or
 * not (WHATWG URL, "single-dot" and "double-dot URL path segment"), so no path could name it.
 */
function identifier(charactersMax: number, example: string) {
  return z
    .string()
    .min(1)
    .max(charactersMax)
    .regex(/^[!-.0-9;-~]+$/, 'must be printable ASCII without white space, "/" or ":"')
    .refine((id) => id !== '.' && id !== '..', 'must not be "." or ".."')
    .meta({ examples: [example] })
}

export const workspaceIdSchema = identifier(64, '15213').brand<'WorkspaceId'>()
export const boardIdSchema = identifier(128, 'board_123').brand<'BoardId'>()
export const columnIdSchema = identifier(128, 'col_4').brand<'ColumnId'>()
export const contactIdSchema = identifier(128, 'contact_000042').brand<'ContactId'>()
/** The subject of a token: a UUID with Supabase Auth, any identifier with another issuer. */
export const userIdSchema = identifier(128, '00000000-0000-4000-8000-000000000002').brand<'UserId'>()

export type WorkspaceId = z.output<typeof workspaceIdSchema>
export type BoardId = z.output<typeof boardIdSchema>
export type ColumnId = z.output<typeof columnIdSchema>
export type ContactId = z.output<typeof contactIdSchema>
export type UserId = z.output<typeof userIdSchema>

/** A workspace's sequence number: one more with each invalidation. A ledger begins far above 0. */
export const versionSchema = z
  .int()
  .nonnegative()
  .meta({ examples: [8_124] })
  .brand<'Version'>()
export type Version = z.output<typeof versionSchema>
export const versionZero: Version = versionSchema.parse(0)

export const roleSchema = z.enum(['admin', 'member'])
export type Role = z.output<typeof roleSchema>
