import { z } from 'zod'
import { boardIdSchema, exportIdSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import { storedId, storedInstant } from '../resources/stored-values.ts'

/**
 * Exports of contacts, for admins and the CRM's backend, at the Worker and at the origin.
 *
 *   POST /api/v1/exports        ExportRequest → 201 Export; 409 if another export has the id
 *   GET  /api/v1/exports                      → the workspace's exports, newest first
 *   GET  /api/v1/exports/{id}                 → Export; 404
 */

export const exportFormatSchema = z.enum(['csv', 'ndjson'])
export type ExportFormat = z.output<typeof exportFormatSchema>

/** An export of one board, or of the whole workspace. With an `id` of one's own it may be asked for again. */
const exportRequestSchema = z
  .strictObject({
    id: exportIdSchema.optional(),
    boardId: boardIdSchema.nullable().default(null),
    format: exportFormatSchema,
  })
  .meta({ examples: [{ boardId: 'board_123', format: 'csv' }] })
export type ExportRequest = z.output<typeof exportRequestSchema>

export const exportBody = { schema: exportRequestSchema, bytesMax: limits.exportBodyBytesMax } as const

/** `expired`: the file has been removed. */
const exportStatusSchema = z.enum(['queued', 'running', 'done', 'failed', 'expired'])

export const exportSchema = z
  .object({
    id: storedId,
    boardId: storedId.nullable(),
    format: exportFormatSchema,
    status: exportStatusSchema,
    /** The contacts written so far. */
    contacts: z.int().nonnegative(),
    sizeBytes: z.int().nonnegative().nullable(),
    /** Why it failed, without any contact data. */
    failure: z.string().nullable(),
    createdAt: storedInstant,
    finishedAt: storedInstant.nullable(),
    /** Anybody who has this link can download the file until `urlExpiresAt`. Null unless the status is `done`. */
    url: z.string().nullable(),
    urlExpiresAt: storedInstant.nullable(),
  })
  .meta({
    examples: [
      {
        ...{ id: 'export_42', boardId: 'board_123', format: 'csv', status: 'done', contacts: 191_663 },
        ...{ sizeBytes: 61_211_404, failure: null },
        ...{ createdAt: '2026-11-26T10:00:00+00:00', finishedAt: '2026-11-26T10:00:09+00:00' },
        url: 'https://project.supabase.co/storage/v1/object/sign/boardcache-files/exports/…',
        urlExpiresAt: '2026-11-27T10:00:09+00:00',
      },
    ],
  })
export type Export = z.output<typeof exportSchema>

export const exportListSchema = z.object({ exports: z.array(exportSchema).max(limits.exportsListedMax) })
