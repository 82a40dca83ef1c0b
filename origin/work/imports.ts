import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { type Import, importListSchema, importSchema } from '../../shared/contract/imports.ts'
import type { ImportId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { readPaced } from '../contacts/paced-upload.ts'
import type { Failure } from '../failures.ts'
import type { FileStore } from '../files/file-store.ts'
import type { Writer } from '../outbox/delivered-writes.ts'
import type { CallOfWriter } from './call-of-writer.ts'

/** Imports in the background, as members and the CRM's backend start and follow them (shared/contract/imports.ts). */
export interface Imports {
  /** Stores the file as it arrives, and adds its job. An upload that breaks off, stalls or is too large leaves a failed import. */
  create(writer: Writer, body: ReadableStream<Uint8Array>): Promise<Result<Import, Failure>>
  get(writer: Writer, id: ImportId): Promise<Result<Import, Failure>>
  list(writer: Writer): Promise<Result<z.output<typeof importListSchema>, Failure>>
}

interface ImportsParts {
  readonly call: CallOfWriter
  /** Null: the deployment keeps no files, so it takes none. */
  readonly files: FileStore | null
  readonly clock: Clock
}

const begunSchema = z.object({ file: z.string() })
const oneSchema = z.object({ import: importSchema })
const endedSchema = z.object({})

/** Why a file was not stored, as the import's row keeps it. */
const reasons = {
  upload_broken_off: 'the upload broke off',
  upload_too_large: 'the file is too large',
  files_unavailable: 'the file could not be stored',
} as const

export function createImports({ call, files, clock }: ImportsParts): Imports {
  return {
    async create(writer, body) {
      if (files === null) return err({ kind: 'files_unavailable' })
      const id = `import-${randomUUID()}`
      const begun = await call(writer, 'writes', begunSchema, 'import_create', { p_import: id })
      if (!begun.ok) return begun
      const upload = measured(body, clock)
      const stored = await files.put(
        begun.value.file,
        upload.content,
        'application/x-ndjson',
        new AbortController().signal,
      )
      if (!stored.ok) {
        const kind = upload.fault() ?? 'files_unavailable'
        await call(writer, 'writes', endedSchema, 'import_stored', {
          ...{ p_import: id, p_size_bytes: null, p_failure: reasons[kind] },
        })
        return err({ kind })
      }
      const queued = await call(writer, 'writes', oneSchema, 'import_stored', {
        ...{ p_import: id, p_size_bytes: upload.sizeBytes(), p_failure: null },
      })
      return queued.ok ? ok(queued.value.import) : queued
    },
    async get(writer, id) {
      const read = await call(writer, 'reads', oneSchema, 'import_read', { p_import: id })
      return read.ok ? ok(read.value.import) : read
    },
    list: (writer) => call(writer, 'reads', importListSchema, 'imports_list', {}),
  }
}

interface MeasuredUpload {
  readonly content: ReadableStream<Uint8Array>
  sizeBytes(): number
  /** Why the content ended early; null if it did not. */
  fault(): 'upload_broken_off' | 'upload_too_large' | null
}

/** An upload that fails if it stalls, is too slow or is too large. */
function measured(body: ReadableStream<Uint8Array>, clock: Clock): MeasuredUpload {
  let sizeBytes = 0
  let fault: ReturnType<MeasuredUpload['fault']> = null
  const pace = {
    clock,
    idleMs: limits.importIdleMs,
    paceBytesPerSecondMin: limits.importPaceBytesPerSecondMin,
  }

  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of readPaced(body, pace)) {
        sizeBytes += chunk.length
        if (sizeBytes > limits.importFileBytesMax) {
          fault = 'upload_too_large'
          throw new Error(reasons.upload_too_large)
        }
        yield chunk
      }
    } catch (error) {
      fault ??= 'upload_broken_off'
      throw error
    }
  }

  return { content: ReadableStream.from(chunks()), sizeBytes: () => sizeBytes, fault: () => fault }
}
