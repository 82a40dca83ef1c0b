import type { z } from 'zod'
import { readBounded } from '../../shared/bytes.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { faultsOf } from '../../shared/contract/errors.ts'
import { parseJson } from '../../shared/contract/json.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { BodyTaken } from './route.ts'

/** The parameters of a URL's query. One that is given twice is an error, because either of its values may be the intended one. */
export function queryOf(url: string): Result<Record<string, string>, WireError> {
  const query = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(searchOf(url))) {
    if (query.has(name)) {
      const details = [{ parameter: name, message: 'must be given only once' }]
      return err({ code: 'invalid_parameter', details })
    }
    query.set(name, value)
  }
  return ok(Object.fromEntries(query))
}

/** The query of a URL, undecoded and without the question mark. */
function searchOf(url: string): string {
  const start = url.indexOf('?')
  return start < 0 ? '' : url.slice(start + 1)
}

/** Whether percent-decoding a request's URL gives valid UTF-8 without NUL. */
export function isWellEncoded(url: string): boolean {
  if (!url.includes('%')) return true
  try {
    return !decodeURIComponent(url).includes('\0')
  } catch {
    return false
  }
}

export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  code: 'invalid_parameter' | 'invalid_body',
): Result<z.output<Schema>, WireError> {
  const parsed = schema.safeParse(input)
  return parsed.success ? ok(parsed.data) : err({ code, details: faultsOf(parsed.error) })
}

/** Reads a body up to `bytesMax` and parses it as JSON of the schema. */
export async function parseBody<Schema extends z.ZodType>(
  headers: Headers,
  body: ReadableStream<Uint8Array> | null,
  taken: Pick<BodyTaken<Schema>, 'schema' | 'bytesMax' | 'shapeOf'>,
): Promise<Result<z.output<Schema>, WireError>> {
  const bytes = await readBody(headers, body, taken.bytesMax)
  return bytes.ok ? parseBytes(bytes.value, taken) : bytes
}

/** Parses the bytes of a body as JSON of the schema. */
export function parseBytes<Schema extends z.ZodType>(
  bytes: Uint8Array,
  { schema, shapeOf }: Pick<BodyTaken<Schema>, 'schema' | 'shapeOf'>,
): Result<z.output<Schema>, WireError> {
  const json = parseJson(bytes)
  return json.ok ? parseInput(shapeOf?.(json.value) ?? schema, json.value, 'invalid_body') : json
}

/** Reads a body up to `bytesMax`. */
export async function readBody(
  headers: Headers,
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<Result<Uint8Array<ArrayBuffer>, WireError>> {
  if (Number(headers.get('Content-Length') ?? 0) > bytesMax) return err({ code: 'body_too_large' })
  let bytes: Uint8Array<ArrayBuffer> | null
  try {
    bytes = await readBounded(body, bytesMax)
  } catch {
    // The caller closed the connection, or its chunks are malformed (RFC 9112, section 7.1).
    return err({ code: 'malformed_request' })
  }
  return bytes === null ? err({ code: 'body_too_large' }) : ok(bytes)
}
