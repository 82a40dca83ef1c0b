import type { Logger } from 'pino'
import { z } from 'zod'

/** Told the name of a field whose value does not fit its schema. */
export type NoteUnfit = (field: string) => void

/** A row of the database as its schema has it. Never fails: see `createRowReader`. */
export type RowReader<Row> = (row: unknown, note: NoteUnfit) => Row

/** For each field that may not be null, what stands in for a value that does not fit. */
type StandIns<Row> = { readonly [Field in keyof Row as null extends Row[Field] ? never : Field]: Row[Field] }

interface RowReaderOptions<Schema extends z.ZodObject> {
  readonly schema: Schema
  readonly standIns: StandIns<z.output<Schema>>
  /** Of the row as JSON. */
  readonly bytesMax: number
}

/**
 * Reads rows so that one of them never fails a whole answer. The constraints of the database say that every row fits its
 * schema; should one not, the value that does not fit is left out: null takes its place where the field may be null, else
 * a fixed stand-in, so that the same row is shown the same every time. All other fields stay as they are. A row whose
 * values fit but which is too large as a whole loses its largest values.
 */
export function createRowReader<Schema extends z.ZodObject>(
  options: RowReaderOptions<Schema>,
): RowReader<z.output<Schema>> {
  const { schema, bytesMax } = options
  const standIns: Readonly<Record<string, unknown>> = options.standIns
  const fields = Object.keys(schema.shape)
  const standInOf = (field: string) => standIns[field] ?? null
  // A stand-in that does not fit would fail the answers that it is there to save.
  const smallest = schema.parse(Object.fromEntries(fields.map((field) => [field, standInOf(field)])))
  if (!isWithin(smallest, bytesMax)) throw new Error('the stand-ins of a row are larger than the row may be')

  return (row, note) => {
    const whole = schema.safeParse(row)
    if (whole.success && isWithin(whole.data, bytesMax)) return whole.data
    const given: Readonly<Record<string, unknown>> = isRecord(row) ? row : {}
    const fitted: Record<string, unknown> = {}
    for (const field of fields) {
      const parsed = z.safeParse(schema.shape[field], given[field])
      fitted[field] = parsed.success ? parsed.data : standInOf(field)
      if (!parsed.success) note(field)
    }
    const largestFirst = fields.toSorted((one, other) => bytesOf(fitted[other]) - bytesOf(fitted[one]))
    for (const field of largestFirst) {
      if (isWithin(fitted, bytesMax)) break
      fitted[field] = standInOf(field)
      note(field)
    }
    return schema.parse(fitted)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '')
}

/** A unit of text takes at most six bytes in JSON, so that most rows need not be written to know. */
function isWithin(row: Readonly<Record<string, unknown>>, bytesMax: number): boolean {
  let bytes = 0
  for (const [field, value] of Object.entries(row)) {
    if (typeof value === 'object' && value !== null) return bytesOf(row) <= bytesMax
    bytes += field.length + 4 + (typeof value === 'string' ? 6 * value.length + 2 : 32)
  }
  return bytes <= bytesMax || bytesOf(row) <= bytesMax
}

/** Counts values that did not fit, by resource and field, and logs them by place: never what was in them, nor whose. */
export interface UnfitValues {
  /** Runs work that reads rows of `resource`; logs a line a field once it is done. */
  during<Value>(resource: string, work: (note: NoteUnfit) => Promise<Value>): Promise<Value>
  /** Since the start of the process, by `<resource>.<field>`: names of schemas, so that nobody's input makes more. */
  figures(): Readonly<Record<string, number>>
}

export function createUnfitValues(logger: Pick<Logger, 'warn'>): UnfitValues {
  const counts = new Map<string, number>()
  return {
    async during(resource, work) {
      const values = new Map<string, number>()
      const outcome = await work((field) => values.set(field, (values.get(field) ?? 0) + 1))
      for (const [field, rows] of values) {
        const place = `${resource}.${field}`
        counts.set(place, (counts.get(place) ?? 0) + rows)
        logger.warn({ resource, field, rows }, 'values do not fit their schema')
      }
      return outcome
    },
    figures: () => Object.fromEntries(counts),
  }
}
