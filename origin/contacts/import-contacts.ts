import type { Clock } from '../../shared/clock.ts'
import { pause } from '../../shared/clock.ts'
import type { ContactCreation, ImportReport } from '../../shared/contract/contacts.ts'
import { contactCreationSchema } from '../../shared/contract/contacts.ts'
import { faultsOf } from '../../shared/contract/errors.ts'
import { parseJson } from '../../shared/contract/json.ts'
import type { ContactId, Version } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import type { Failure } from '../failures.ts'
import type { Deliver, Writer } from '../outbox/delivered-writes.ts'
import type { ImportedBatch } from './contact-writer.ts'
import { withId } from './contact-writer.ts'
import type { Line } from './ndjson-lines.ts'
import { readLines } from './ndjson-lines.ts'
import { UploadBrokenOff } from './paced-upload.ts'

/** How far an import came that is continued. Its lines up to `lines` are not read into batches again. */
interface ImportPosition {
  readonly lines: number
  readonly created: number
  readonly updated: number
  readonly rejected: number
  readonly ignored: number
}

interface ImportOptions {
  readonly contacts: {
    /** `lines` has the number of each contact's line. All lines before the last of them are written or reported. */
    importBatch(
      writer: Writer,
      contacts: readonly ContactCreation[],
      lines: readonly number[],
    ): Promise<Result<ImportedBatch, Failure>>
  }
  readonly deliver: Deliver
  readonly clock: Clock
  readonly writer: Writer
  readonly body: ReadableStream<Uint8Array>
  readonly linesMax: number
  /** Where to continue; without it, the import begins with the first line. */
  readonly from?: ImportPosition
  /** The id of the contact of a line that names none; without it, a new one. */
  idOf?(line: number): ContactId
  /**
   * Called in the order of the work, with at most `importRejectionsMax` rejections, `importIgnoredMax` lines with ignored
   * fields, and one progress for each batch.
   */
  report(report: ImportReport): void
}

/**
 * Imports contacts from a JSON object on each line. It guarantees: every line that is not empty is written or reported;
 * batches, lines and rejections are bounded; contacts that are reported as written are committed. Sending a file again is
 * harmless if its lines have ids. The last report is `done` or `stopped`. Rejects only for a programmer's error.
 */
export async function importContacts(options: ImportOptions): Promise<void> {
  await new Import(options).run()
}

type StopReason = Extract<ImportReport, { type: 'stopped' }>['reason']
type Rejection = Omit<Extract<ImportReport, { type: 'rejected' }>, 'type' | 'line'>

interface Entry {
  readonly line: number
  readonly contact: ContactCreation & { readonly id: string }
}

/** Ends the import: no line from `from` on is written. */
class Stop extends Error {
  readonly from: number
  readonly reason: StopReason

  constructor(from: number, reason: StopReason) {
    super(reason)
    this.from = from
    this.reason = reason
  }
}

/** The pauses before a batch is sent again to a failing database. A batch that is sent again creates nothing twice. */
const retryAfterMs = [250, 1_000, 4_000]
const detailsMax = 5
const carriageReturn = 0x0d

class Import {
  private readonly options: ImportOptions
  private readonly counts: {
    lines: number
    created: number
    updated: number
    rejected: number
    ignored?: number
  } = {
    lines: 0,
    created: 0,
    updated: 0,
    rejected: 0,
  }
  private batch: Entry[] = []
  private batchIds = new Set<string>()
  private batchBytes = 0
  private delivering: Promise<void> = Promise.resolve()
  private version: Version | null = null
  private isPending = false

  constructor(options: ImportOptions) {
    this.options = options
    const { from } = options
    if (from === undefined) return
    const { ignored, ...counts } = from
    this.counts = ignored === 0 ? counts : { ...counts, ignored }
  }

  async run(): Promise<void> {
    const { report } = this.options
    const stopped = await this.readAll().then(
      () => null,
      (error: unknown) => {
        if (error instanceof Stop) return error
        throw error
      },
    )
    await this.delivering
    const end = { ...this.counts, ...this.invalidation() }
    if (stopped === null) report({ type: 'done', ...end })
    else report({ type: 'stopped', from: stopped.from, reason: stopped.reason, ...end })
  }

  private async readAll(): Promise<void> {
    const { body, clock } = this.options
    const bounds = {
      clock,
      lineBytesMax: limits.importLineBytesMax,
      idleMs: limits.importIdleMs,
      paceBytesPerSecondMin: limits.importPaceBytesPerSecondMin,
    }
    const slice = createSlices(clock, limits.importSliceMs)
    try {
      for await (const lines of readLines(body, bounds)) {
        for (const line of lines) {
          await this.take(line)
          await slice()
        }
      }
    } catch (error) {
      if (!(error instanceof UploadBrokenOff)) throw error
      await this.flush()
      throw new Stop(this.counts.lines + 1, 'upload_broken_off')
    }
    await this.flush()
  }

  private async take({ number, bytes }: Line): Promise<void> {
    if (number <= (this.options.from?.lines ?? 0)) return
    if (number > this.options.linesMax) {
      await this.flush()
      throw new Stop(number, 'too_many_lines')
    }
    this.counts.lines = number
    if (bytes === null) return this.rejectRead(number, { code: 'line_too_long' })
    if (isBlank(bytes)) return
    const json = parseJson(bytes)
    if (!json.ok) {
      const { code, details = [] } = json.error
      return this.rejectRead(
        number,
        code === 'invalid_json' ? { code } : { code: 'invalid_contact', details: [...details] },
      )
    }
    const parsed = contactCreationSchema.safeParse(json.value)
    if (!parsed.success) {
      const details = faultsOf(parsed.error).slice(0, detailsMax)
      return this.rejectRead(number, { code: 'invalid_contact', details })
    }
    const contact = withId(parsed.data, this.options.idOf?.(number))
    const isFull =
      this.batch.length === limits.importBatchLinesMax ||
      this.batchBytes + bytes.length > limits.importBatchBytesMax
    // One statement cannot write a contact twice.
    if (isFull || this.batchIds.has(contact.id)) await this.flush()
    this.batch.push({ line: number, contact })
    this.batchIds.add(contact.id)
    this.batchBytes += bytes.length
  }

  private async rejectRead(line: number, rejection: Rejection): Promise<void> {
    this.reject(line, rejection)
    if (this.counts.rejected < limits.importRejectionsMax) return
    await this.flush()
    throw new Stop(line + 1, 'too_many_rejections')
  }

  private reject(line: number, rejection: Rejection): void {
    this.counts.rejected += 1
    this.options.report({ type: 'rejected', line, ...rejection })
  }

  private ignore(line: number, fields: readonly string[]): void {
    this.counts.ignored = (this.counts.ignored ?? 0) + 1
    if (this.counts.ignored > limits.importIgnoredMax) return
    this.options.report({ type: 'ignored', line, fields: [...fields] })
  }

  private async flush(): Promise<void> {
    const entries = this.batch
    this.batch = []
    this.batchIds = new Set()
    this.batchBytes = 0
    if (entries.length === 0) return
    await this.write(entries)
    this.options.report({ type: 'progress', ...this.counts })
    if (this.counts.rejected >= limits.importRejectionsMax) {
      throw new Stop(this.counts.lines + 1, 'too_many_rejections')
    }
  }

  /** A batch that the database refuses for its content is halved until the line at fault is alone. */
  private async write(entries: readonly Entry[]): Promise<void> {
    const [first] = entries
    if (first === undefined) return
    const { contacts, writer } = this.options
    const written = await this.retried(() =>
      contacts.importBatch(
        writer,
        entries.map(({ contact }) => contact),
        entries.map(({ line }) => line),
      ),
    )
    if (written.ok) {
      const { created, updated, rejected, ignored, outbox } = written.value
      this.counts.created += created
      this.counts.updated += updated
      const codes = new Map(rejected.map(({ id, code }) => [id, code]))
      const fields = new Map(ignored.map((each) => [each.id, each.fields]))
      for (const { line, contact } of entries) {
        const code = codes.get(contact.id)
        if (code !== undefined) this.reject(line, { code })
        const ignoredFields = fields.get(contact.id)
        if (ignoredFields !== undefined) this.ignore(line, ignoredFields)
      }
      await this.deliver(outbox)
    } else if (written.error.kind !== 'invalid' && written.error.kind !== 'out_of_bounds') {
      throw new Stop(first.line, stopReasonOf(written.error))
    } else if (entries.length === 1) {
      this.reject(first.line, { code: 'refused_by_database' })
    } else {
      const middle = Math.ceil(entries.length / 2)
      await this.write(entries.slice(0, middle))
      await this.write(entries.slice(middle))
    }
  }

  private async retried(
    attempt: () => Promise<Result<ImportedBatch, Failure>>,
  ): Promise<Result<ImportedBatch, Failure>> {
    let answer = await attempt()
    for (const delayMs of retryAfterMs) {
      if (answer.ok || !mayPass(answer.error)) break
      await pause(this.options.clock, delayMs)
      answer = await attempt()
    }
    return answer
  }

  /** Delivers beside the next batch. After one delivery was late, the background relay delivers the rest of the import. */
  private async deliver(outbox: Parameters<Deliver>[0]): Promise<void> {
    await this.delivering
    if (this.isPending || outbox.length === 0) return
    this.delivering = this.options.deliver(outbox).then((version) => {
      if (version === null) this.isPending = true
      else if (this.version === null || version > this.version) this.version = version
    })
  }

  /** An import that wrote nothing invalidates nothing, and its version is null. */
  private invalidation(): { version: Version | null; invalidation: 'done' | 'pending' } {
    return this.isPending
      ? { version: null, invalidation: 'pending' }
      : { version: this.version, invalidation: 'done' }
  }
}

/** Yields the thread once `sliceMs` have passed since it last did: lines that have arrived would never yield by themselves. */
function createSlices(clock: Clock, sliceMs: number): () => Promise<void> | undefined {
  let endsAtMs = clock.now() + sliceMs
  return () => {
    if (clock.now() < endsAtMs) return undefined
    return pause(clock, 0).then(() => {
      endsAtMs = clock.now() + sliceMs
    })
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.length === 0 || (bytes.length === 1 && bytes[0] === carriageReturn)
}

function mayPass({ kind }: Failure): boolean {
  return kind === 'unavailable' || kind === 'timeout' || kind === 'overloaded' || kind === 'rate_limited'
}

function stopReasonOf({ kind }: Failure): StopReason {
  if (kind === 'forbidden') return 'not_a_member'
  return kind === 'refused' ? 'token_invalid' : 'database_unavailable'
}
