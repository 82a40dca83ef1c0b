import type { z } from 'zod'
import { readBounded } from '../../shared/bytes.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { faultsOf } from '../../shared/contract/errors.ts'
import { parseJson } from '../../shared/contract/json.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { OriginContext } from './respond.ts'

/**
 * Reads the body, no further than `bytesMax`, and parses it by `schema`. Errors: `body_too_large`, `malformed_request` if
 * the body breaks off, `invalid_json`, or `invalid_body` with its faults.
 */
export async function parseBody<Schema extends z.ZodType>(
  context: OriginContext,
  schema: Schema,
  bytesMax: number,
): Promise<Result<z.output<Schema>, WireError>> {
  const body = await readJson(context, bytesMax)
  return body.ok ? parsedBody(schema.safeParse(body.value)) : body
}

/** The same for a body that has several forms: `shapeOf` answers the one that a JSON is meant to have. */
export async function parseBodyShaped<Value>(
  context: OriginContext,
  shapeOf: (json: unknown) => z.ZodType<Value>,
  bytesMax: number,
): Promise<Result<Value, WireError>> {
  const body = await readJson(context, bytesMax)
  return body.ok ? parsedBody(shapeOf(body.value).safeParse(body.value)) : body
}

async function readJson(context: OriginContext, bytesMax: number): Promise<Result<unknown, WireError>> {
  const bytes = await readBody(context.req.raw, bytesMax)
  return bytes.ok ? parseJson(bytes.value) : bytes
}

function parsedBody<Value>(parsed: z.ZodSafeParseResult<Value>): Result<Value, WireError> {
  return parsed.success ? ok(parsed.data) : err({ code: 'invalid_body', details: faultsOf(parsed.error) })
}

/** Whether a request announces a body of more bytes than this. It may also send a longer one than it announces, or announce none. */
export function announcesMore(request: Request, bytesMax: number): boolean {
  return Number(request.headers.get('Content-Length') ?? 0) > bytesMax
}

/** Reads the body, no further than `bytesMax`. Errors: `body_too_large`, or `malformed_request` if it breaks off. */
export async function readBody(
  request: Request,
  bytesMax: number,
): Promise<Result<Uint8Array<ArrayBuffer>, WireError>> {
  if (announcesMore(request, bytesMax)) return err({ code: 'body_too_large' })
  const isAnnounced = request.headers.has('Content-Length')
  try {
    // Node accepts no more bytes than were announced, so an announced body need not be counted as it arrives.
    const bytes = !isAnnounced ? await readBounded(request.body, bytesMax) : await request.arrayBuffer()
    if (bytes === null || bytes.byteLength > bytesMax) return err({ code: 'body_too_large' })
    return ok(new Uint8Array(bytes))
  } catch {
    // The connection ended, or its chunks were malformed (RFC 9112, section 8): the caller or the network is at fault.
    return err({ code: 'malformed_request' })
  }
}

/** Parses the parameters of the path. */
export function parsePath<Schema extends z.ZodObject>(
  context: OriginContext,
  schema: Schema,
): Result<z.output<Schema>, WireError> {
  const parsed = schema.safeParse(context.req.param())
  return parsed.success
    ? ok(parsed.data)
    : err({ code: 'invalid_parameter', details: faultsOf(parsed.error) })
}

/** Parses the query of the URL. A parameter that is given twice is an error, because either of its values may be the intended one. */
export function parseQuery<Schema extends z.ZodType>(
  context: OriginContext,
  schema: Schema,
): Result<z.output<Schema>, WireError> {
  const given = context.req.queries()
  const twice = Object.keys(given).filter((name) => (given[name]?.length ?? 0) > 1)
  if (twice.length > 0) {
    const details = twice.map((parameter) => ({ parameter, message: 'must be given only once' }))
    return err({ code: 'invalid_parameter', details })
  }
  const parsed = schema.safeParse(
    Object.fromEntries(Object.entries(given).map(([name, [value]]) => [name, value])),
  )
  return parsed.success
    ? ok(parsed.data)
    : err({ code: 'invalid_parameter', details: faultsOf(parsed.error) })
}

/** The workspace that the path names. */
export function parseWorkspaceId(context: OriginContext): Result<WorkspaceId, WireError> {
  return parseIdentifier(workspaceIdSchema, context.req.param('id'), 'workspaceId')
}

/** The workspace that `X-Workspace-ID` names. */
export function parseWorkspaceHeader(context: OriginContext): Result<WorkspaceId, WireError> {
  const header = context.req.header('X-Workspace-ID')
  return header === undefined
    ? err({ code: 'workspace_missing' })
    : parseIdentifier(workspaceIdSchema, header, 'X-Workspace-ID')
}

/** Parses an identifier from the path or a header. An error calls it `parameter`. */
export function parseIdentifier<Schema extends z.ZodType>(
  schema: Schema,
  text: string | undefined,
  parameter: string,
): Result<z.output<Schema>, WireError> {
  const parsed = schema.safeParse(text)
  if (parsed.success) return ok(parsed.data)
  const details = faultsOf(parsed.error).map((fault) => ({ ...fault, parameter }))
  return err({ code: 'invalid_parameter', details })
}
