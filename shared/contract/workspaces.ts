import { z } from 'zod'
import { workspaceIdSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import { operatorNameSchema } from './operator-name.ts'

/**
 * The routes for operators about all workspaces, in the envelope `{"success": true, "data": …}`. They do for any workspace what its admins may
 * do at `/api/cache-settings`, and answer the same:
 *
 *   GET  /api/admin/workspaces?after=                             WorkspacePage
 *   POST /api/admin/workspaces/{workspaceId}/invalidate           as POST /api/cache-settings/invalidate
 *   POST /api/admin/workspaces/{workspaceId}/warm-cache           as POST /api/cache-settings/warm-cache
 *   POST /api/admin/workspaces/{workspaceId}/test-performance     as POST /api/cache-settings/test-performance
 *   GET  /api/admin/deeds                                         Deeds
 *
 * They are for the internal key and for admins of the operators' workspace. Each deed is written down with who did it before it is done.
 */
const workspaceSchema = z.object({ id: z.string(), name: z.string() })

/** Workspaces in the order of their ids. `nextAfter` is the `after` of the next page; null on the last one. */
export const workspacePageSchema = z
  .object({
    workspaces: z.array(workspaceSchema).max(limits.workspacesPerPage),
    nextAfter: z.string().nullable(),
  })
  .meta({ examples: [{ workspaces: [{ id: '15213', name: 'Reference' }], nextAfter: null }] })

/** As the origin lists them, after the workspace with the id `after`. */
export const listedWorkspacesSchema = z.object({ workspaces: z.array(workspaceSchema) })
export const workspacesQuerySchema = z.strictObject({ after: workspaceIdSchema.optional() })

export const deedNames = ['invalidate', 'warm-cache', 'test-performance'] as const
export type DeedName = (typeof deedNames)[number]

const deedSchema = z.object({
  deed: z.enum(deedNames),
  workspaceId: z.string(),
  by: operatorNameSchema,
  at: z.iso.datetime(),
})
export type Deed = z.output<typeof deedSchema>

/** The newest first. */
export const deedsSchema = z.object({ deeds: z.array(deedSchema).max(limits.deedsShownMax) })
