import { z } from 'zod'
import { limits } from '../limits.ts'
import { storedId, storedInstant } from '../resources/stored-values.ts'
import { faultSchema } from './error-shown.ts'

/**
 * Imports of contacts in the background, for members and the CRM's backend. The origin takes the file, and the Worker and the origin
 * say how far it is.
 *
 *   POST /contacts/import/jobs  NDJSON, a ContactCreation on each line → 201 Import, once the file is stored; at the origin
 *   GET  /api/v1/imports        → the newest imports: a member's own, and for admins and the backend the workspace's
 *   GET  /api/v1/imports/{id}   → Import; 404
 *
 * The lines mean the same as those of `POST /contacts/import` (contract/contacts.ts), and are counted in the same way.
 */

/**
 * `stopped`: the lines before `stoppedAtLine` were imported, and none from there on. `failed`: the import did not end; the lines
 * counted so far were imported.
 */
const importStatusSchema = z.enum(['uploading', 'queued', 'running', 'done', 'stopped', 'failed'])

const count = z.int().nonnegative()

/** A line that was refused, as the import's reports name it. */
export const rejectedLineSchema = z.object({
  line: z.int().positive(),
  code: z.string(),
  details: z.array(faultSchema).optional(),
})
export type RejectedLine = z.output<typeof rejectedLineSchema>

export const importSchema = z
  .object({
    id: storedId,
    status: importStatusSchema,
    sizeBytes: count.nullable(),
    /** A share from 0 to 1 of the file. */
    progress: z.number().min(0).max(1),
    lines: count,
    created: count,
    updated: count,
    rejected: count,
    ignored: count,
    /** The first rejected lines. */
    rejections: z.array(rejectedLineSchema).max(limits.importReportsMax),
    stoppedAtLine: z.int().positive().nullable(),
    /** Why it stopped or failed, without any contact data. */
    failure: z.string().nullable(),
    createdAt: storedInstant,
    finishedAt: storedInstant.nullable(),
  })
  .meta({
    examples: [
      {
        ...{ id: 'import_42', status: 'running', sizeBytes: 8_211_404, progress: 0.42, lines: 21_000 },
        ...{ created: 20_871, updated: 127, rejected: 2, ignored: 0 },
        rejections: [
          { line: 17, code: 'invalid_contact', details: [{ parameter: 'name', message: 'is missing' }] },
        ],
        ...{ stoppedAtLine: null, failure: null, createdAt: '2026-11-26T10:00:00+00:00', finishedAt: null },
      },
    ],
  })
export type Import = z.output<typeof importSchema>

/** Without the rejected lines. */
export const importListSchema = z.object({
  imports: z.array(importSchema.omit({ rejections: true })).max(limits.importsListedMax),
})
