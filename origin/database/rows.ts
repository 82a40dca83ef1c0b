import type { Logger } from 'pino'
import { z } from 'zod'

/** Called with the name of each field whose value does not fit its schema. */
export type NoteUnfit = (field: string) => void

/** Makes a row of the database fit its schema. Never fails: see `createRowReader`. */
type RowReader<Row> = (row: unknown, note: NoteUnfit) => Row

/** For each field that may not be null, the substitute for a value that does not fit. */
type Substitutes<Row> = {
  readonly [Field in keyof Row as null extends Row[Field] ? never : Field]: Row[Field]
}

/** The substitute for an instant: a fixed one, so that an answer changes only if its row does. */
export const unknownInstant = '1970-01-01T00:00:00+00:00'

interface RowReaderOptions<Schema extends z.ZodObject> {
  readonly schema: Schema
  readonly substitutes: Substitutes<z.output<Schema>>
  /** The largest size of a row as JSON. */
  readonly bytesMax: number
}

/**
 * Reads rows so that no single row fails a whole answer. The constraints of the database ensure that every row fits its
 * schema. If one does not, the value that does not fit becomes null, or a fixed substitute if the field may not be null,
 * so that the same row always looks the same. All other fields stay as they are. If all values fit but the row as a whole
 * is too large, it loses its largest values.
 */
export function createRowReader<Schema extends z.ZodObject>(
  options: RowReaderOptions<Schema>,
): RowReader<z.output<Schema>> {
  const { schema, bytesMax } = options
  const substitutes: Readonly<Record<string, unknown>> = options.substitutes
  const fields = Object.keys(schema.shape)
  const substituteOf = (field: string) => substitutes[field] ?? null
  // A substitute that does not fit would fail the answers that it exists to save.
  const smallest = schema.parse(Object.fromEntries(fields.map((field) => [field, substituteOf(field)])))
  if (!isWithin(smallest, bytesMax))
    throw new Error('the substitutes of a row are larger than the row may be')

  return (row, note) => {
    const whole = schema.safeParse(row)
    if (whole.success && isWithin(whole.data, bytesMax)) return whole.data
    const given: Readonly<Record<string, unknown>> = isRecord(row) ? row : {}
    const fitted: Record<string, unknown> = {}
    for (const field of fields) {
      const parsed = z.safeParse(schema.shape[field], given[field])
      fitted[field] = parsed.success ? parsed.data : substituteOf(field)
      if (!parsed.success) note(field)
    }
    const largestFirst = fields.toSorted((one, other) => bytesOf(fitted[other]) - bytesOf(fitted[one]))
    for (const field of largestFirst) {
      if (isWithin(fitted, bytesMax)) break
      fitted[field] = substituteOf(field)
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

/** A UTF-16 unit takes at most six bytes in JSON, so most rows need not be serialized to tell. */
function isWithin(row: Readonly<Record<string, unknown>>, bytesMax: number): boolean {
  let bytes = 0
  for (const [field, value] of Object.entries(row)) {
    if (typeof value === 'object' && value !== null) return bytesOf(row) <= bytesMax
    bytes += field.length + 4 + (typeof value === 'string' ? 6 * value.length + 2 : 32)
  }
  return bytes <= bytesMax || bytesOf(row) <= bytesMax
}

/** Counts and logs the values that did not fit, by resource and field. Neither the value nor its workspace is recorded. */
export interface UnfitValues {
  /** Runs work that reads rows of `resource`, and then logs one line for each field that had unfit values. */
  during<Value>(resource: string, work: (note: NoteUnfit) => Promise<Value>): Promise<Value>
  /** Counts since the start of the process by `<resource>.<field>`. These names come from schemas, so no input adds any. */
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
