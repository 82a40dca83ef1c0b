import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import {
  type Export,
  type ExportRequest,
  type exportListSchema,
  exportSchema,
} from '../../shared/contract/exports.ts'
import type { ExportId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { storedInstant } from '../../shared/resources/stored-values.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Failure } from '../failures.ts'
import type { FileStore } from '../files/file-store.ts'
import type { Writer } from '../outbox/delivered-writes.ts'
import type { CallOfWriter } from './call-of-writer.ts'

/** Exports, as admins and the CRM's backend ask for them (shared/contract/exports.ts). */
export interface Exports {
  create(writer: Writer, request: ExportRequest): Promise<Result<Export, Failure>>
  /** With the link to its file, if it is done. */
  get(writer: Writer, id: ExportId): Promise<Result<Export, Failure>>
  list(writer: Writer): Promise<Result<z.output<typeof exportListSchema>, Failure>>
}

/** An export as the database answers it: with the name of its file instead of a link. */
const storedSchema = exportSchema
  .omit({ url: true, urlExpiresAt: true })
  .extend({ file: z.string().nullable(), expiresAt: storedInstant.nullable() })
type Stored = z.output<typeof storedSchema>

const oneSchema = z.object({ export: storedSchema })
const listSchema = z.object({ exports: z.array(storedSchema).max(limits.exportsListedMax) })

/** Null files: the deployment keeps none, so it makes no exports. */
export function createExports(call: CallOfWriter, files: FileStore | null): Exports {
  async function linked({ file, expiresAt, ...stored }: Stored): Promise<Result<Export, Failure>> {
    if (file === null || expiresAt === null) return ok({ ...stored, url: null, urlExpiresAt: null })
    const savedAs = `contacts-${stored.createdAt.slice(0, 10)}.${stored.format}`
    const link = await files?.link(
      file,
      { savedAs, expiresAtMs: Date.parse(expiresAt) },
      AbortSignal.timeout(limits.queryDeadlineMs),
    )
    return link?.ok === true
      ? ok({ ...stored, url: link.value, urlExpiresAt: expiresAt })
      : err({ kind: 'files_unavailable' })
  }

  return {
    async create(writer, { id, boardId, format }) {
      if (files === null) return err({ kind: 'files_unavailable' })
      const created = await call(writer, 'writes', oneSchema, 'export_create', {
        p_export: id ?? `export-${randomUUID()}`,
        p_board: boardId,
        p_format: format,
      })
      return created.ok ? linked(created.value.export) : created
    },
    async get(writer, id) {
      const read = await call(writer, 'reads', oneSchema, 'export_read', { p_export: id })
      return read.ok ? linked(read.value.export) : read
    },
    async list(writer) {
      const read = await call(writer, 'reads', listSchema, 'exports_list', {})
      if (!read.ok) return read
      const exports = read.value.exports.map(({ file: _file, expiresAt: _expiresAt, ...stored }) => ({
        ...stored,
        url: null,
        urlExpiresAt: null,
      }))
      return ok({ exports })
    },
  }
}
