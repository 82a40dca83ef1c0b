import { z } from 'zod'
import type { DashboardConfig } from '../../../../shared/contract/dashboard.ts'
import { type Role, roleSchema } from '../../../../shared/ids.ts'
import { ApiFailure, unreachable } from './failure.ts'
import { readFromToken, sendWithToken, type TokenSource } from './with-token.ts'

/** A workspace that the user may look into. */
export interface Workspace {
  readonly id: string
  readonly name: string
  readonly role: Role
}

const boardSchema = z.object({
  id: z.string(),
  name: z.string(),
  board_columns: z.array(z.object({ id: z.string(), name: z.string(), position: z.int() })),
})
export type Board = z.output<typeof boardSchema>

const membershipsSchema = z.array(z.object({ workspace_id: z.string(), role: roleSchema }))
const namesSchema = z.array(z.object({ id: z.string(), name: z.string() }))
const claimSchema = z.object({ app_metadata: z.object({ workspaces: z.record(z.string(), roleSchema) }) })

const deadlineMs = 10_000

/**
 * Reads the names of workspaces and boards from the CRM's database with the user's own token, under row level security.
 */
export interface Directory {
  workspaces(signal: AbortSignal): Promise<Workspace[]>
  boards(workspaceId: string, signal: AbortSignal): Promise<Board[]>
}

export function createDirectory(
  { supabase_url, publishable_key }: DashboardConfig,
  tokens: TokenSource,
): Directory {
  async function rows<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    signal: AbortSignal,
  ): Promise<z.output<Schema>> {
    const response = await sendWithToken(tokens, (token) => {
      const headers = { apikey: publishable_key ?? '', Authorization: `Bearer ${token}` }
      const signals = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
      return fetch(`${supabase_url}/rest/v1/${path}`, { headers, signal: signals }).catch(
        (error: unknown) => {
          throw signal.aborted ? error : unreachable(error)
        },
      )
    })
    const parsed = schema.safeParse(await response.json().catch(() => null))
    if (response.ok && parsed.success) return parsed.data
    const { status } = response
    throw new ApiFailure('The list of workspaces and boards cannot be read.', { status, code: 'directory' })
  }

  async function rolesInTable(userId: string, signal: AbortSignal) {
    const path = `memberships?select=workspace_id,role&user_id=eq.${encodeURIComponent(userId)}`
    const found = await rows(membershipsSchema, path, signal)
    return Object.fromEntries(found.map(({ workspace_id, role }) => [workspace_id, role] as const))
  }

  return {
    async workspaces(signal) {
      // The same rule as at the edge: a token that names workspaces decides alone, otherwise the table does.
      const { sub, workspaces: claimed } = await readFromToken(tokens, claimsOf)
      const roles = claimed ?? (await rolesInTable(sub, signal))
      const names = await rows(namesSchema, 'workspaces?select=id,name', signal)
      return Object.entries(roles)
        .map(([id, role]) => ({ id, role, name: names.find((each) => each.id === id)?.name ?? id }))
        .sort((a, b) => a.id.localeCompare(b.id))
    },
    boards: (workspaceId, signal) =>
      rows(
        z.array(boardSchema),
        `boards?select=id,name,board_columns(id,name,position)&workspace_id=eq.${encodeURIComponent(workspaceId)}&order=id`,
        signal,
      ),
  }
}

/**
 * The claims about the user, unverified: every service that answers verifies the token, this page only lists names. Null if this is
 * no token.
 */
function claimsOf(token: string): { sub: string; workspaces: Record<string, Role> | null } | null {
  const payload = payloadOf(token)
  const subject = z.object({ sub: z.string() }).safeParse(payload)
  if (!subject.success) return null
  const claim = claimSchema.safeParse(payload)
  return {
    sub: subject.data.sub,
    workspaces: claim.success ? claim.data.app_metadata.workspaces : null,
  }
}

function payloadOf(token: string): unknown {
  try {
    return JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')))
  } catch {
    return null
  }
}
