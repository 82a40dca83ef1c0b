import { z } from 'zod'
import { roleSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { allowedTo } from '../../../shared/permissions.ts'
import { permissionsOfUser } from '../../../shared/resources/workspace/permissions.ts'
import { ok } from '../../../shared/result.ts'
import { defineLoader } from '../loader.ts'

const resultSchema = z.object({
  role: roleSchema.nullable(),
  changes: z
    .array(
      z.object({
        role: roleSchema,
        permission: z.string().max(limits.permissionCharactersMax),
        is_allowed: z.boolean(),
      }),
    )
    .max(2 * limits.permissionChangesMax),
})

/** Loads a user's role in the table of memberships, and what each role allows in the workspace. */
export const permissionsLoader = defineLoader(
  permissionsOfUser,
  async (_params, { workspaceId, userId, query }) => {
    const queried = await query(resultSchema, 'permissions', { p_workspace: workspaceId, p_user: userId })
    if (!queried.ok) return queried
    const { role, changes } = queried.value
    const allows = { admin: allowedTo('admin', changes), member: allowedTo('member', changes) }
    return ok({ role, allows })
  },
)
