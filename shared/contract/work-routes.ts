import { z } from 'zod'
import { exportIdSchema, importIdSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import { contactCreationSchema } from './contacts.ts'
import { exportBody, exportListSchema, exportSchema } from './exports.ts'
import { importListSchema, importSchema } from './imports.ts'
import {
  notificationPageSchema,
  notificationsMarkedSchema,
  notificationsQuerySchema,
  notificationsReadBody,
} from './notifications.ts'
import type { OriginRoute } from './origin-route.ts'
import { snapshotListSchema, snapshotsQuerySchema } from './snapshots.ts'

const succeeding = <Data extends z.ZodType>(data: Data) =>
  ({ status: 200, schema: z.object({ success: z.literal(true), data }) }) as const
const creating = <Data extends z.ZodType>(data: Data) => ({ ...succeeding(data), status: 201 }) as const

const queryErrors = ['overloaded', 'origin_unavailable', 'origin_timeout'] as const
/** `not_found` is also the answer to a backend that names a workspace that does not exist. */
const errors = ['not_found', ...queryErrors] as const

/** The common parts of the routes that the Worker passes on. The database decides which of them need an admin. */
const common = { access: 'service-or-admin', audience: 'worker' } as const

const exportPath = z.strictObject({ id: exportIdSchema })
const importPath = z.strictObject({ id: importIdSchema })

/** The routes of exports, imports, notifications and snapshots, the same at the origin and at the Worker unless it says otherwise. */
export const workRoutes = {
  createExport: {
    ...common,
    method: 'POST',
    path: '/api/v1/exports',
    summary: 'Export the contacts of a board or of the whole workspace',
    description: `A job writes the file, as CSV or as one JSON text on each line, and \`GET /api/v1/exports/{id}\` then has a link to it that works for a day. An export has each contact once, as it was when it was read. With an \`id\` of your own the request can be sent again safely. In CSV, an apostrophe stands before each place of a text where a spreadsheet could begin a formula. A workspace has at most ${limits.unfinishedExportsMax} unfinished exports.`,
    takes: { body: exportBody },
    gives: creating(exportSchema),
    errors: [
      ...(['admin_required', 'board_not_found', 'export_exists', 'rate_limited'] as const),
      ...(['queues_unavailable', 'files_unavailable'] as const),
      ...errors,
    ],
  },
  listExports: {
    ...common,
    method: 'GET',
    path: '/api/v1/exports',
    summary: 'The newest exports of the workspace, without links',
    takes: {},
    gives: succeeding(exportListSchema),
    errors: ['admin_required', ...errors],
  },
  getExport: {
    ...common,
    method: 'GET',
    path: '/api/v1/exports/{id}',
    summary: 'An export, and the link to its file once it is done',
    takes: { path: exportPath },
    gives: succeeding(exportSchema),
    errors: ['admin_required', 'files_unavailable', ...errors],
  },
  createImport: {
    method: 'POST',
    path: '/contacts/import/jobs',
    summary: 'Import contacts in the background, one JSON text on each line',
    description: `The answer comes when the whole file of at most ${limits.importFileBytesMax} bytes is stored, and a job then writes its lines as \`POST /contacts/import\` does. \`GET /api/v1/imports/{id}\` at the Worker says how far it is. A workspace has at most ${limits.unfinishedImportsMax} unfinished imports.`,
    access: 'writer',
    audience: 'callers',
    takes: { lines: contactCreationSchema },
    gives: creating(importSchema),
    errors: [
      ...(['body_too_large', 'malformed_request'] as const),
      ...(['queues_unavailable', 'files_unavailable'] as const),
      ...errors,
    ],
  },
  getFile: {
    method: 'GET',
    path: '/files/{folder}/{file}',
    summary: 'A file, by the link that an export has',
    access: 'public',
    // Links are made by the origin, and nobody needs to know their form.
    audience: 'worker',
    takes: { path: z.strictObject({ folder: z.string(), file: z.string() }) },
    gives: { status: 200, schema: z.unknown() },
    errors: ['signature_invalid', 'not_found', 'files_unavailable'],
  },
  listImports: {
    ...common,
    method: 'GET',
    path: '/api/v1/imports',
    summary: "The newest imports: a member's own, and for admins and the backend all of the workspace",
    takes: {},
    gives: succeeding(importListSchema),
    errors,
  },
  getImport: {
    ...common,
    method: 'GET',
    path: '/api/v1/imports/{id}',
    summary: 'How far an import is, and which lines it refused',
    takes: { path: importPath },
    gives: succeeding(importSchema),
    errors,
  },
  listNotifications: {
    ...common,
    method: 'GET',
    path: '/api/v1/notifications',
    summary: "A user's notifications, newest first",
    description: 'They are kept for 90 days.',
    takes: { query: notificationsQuerySchema },
    gives: succeeding(notificationPageSchema),
    errors: ['invalid_parameter', 'invalid_cursor', 'user_needed', ...errors],
  },
  markNotifications: {
    ...common,
    method: 'POST',
    path: '/api/v1/notifications/read',
    summary: "Mark a user's notifications as read",
    takes: { body: notificationsReadBody },
    gives: succeeding(notificationsMarkedSchema),
    errors: ['invalid_parameter', 'user_needed', ...errors],
  },
  listSnapshots: {
    ...common,
    method: 'GET',
    path: '/api/v1/analytics/snapshots',
    summary: 'The figures of past days, weeks or months, newest first',
    description:
      'A snapshot is taken an hour after its period ended, in the time zone of the workspace, and never changes. Contacts are counted as they were then, if they were created before the end of the period.',
    takes: { query: snapshotsQuerySchema },
    gives: succeeding(snapshotListSchema),
    errors: ['invalid_parameter', ...errors],
  },
} as const satisfies Readonly<Record<string, OriginRoute>>
