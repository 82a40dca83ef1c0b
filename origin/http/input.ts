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
  const bytes = await readBody(context.req.raw, bytesMax)
  if (!bytes.ok) return bytes
  const body = parseJson(bytes.value)
  if (!body.ok) return body
  const parsed = schema.safeParse(body.value)
  return parsed.success ? ok(parsed.data) : err({ code: 'invalid_body', details: faultsOf(parsed.error) })
}

async function readBody(request: Request, bytesMax: number): Promise<Result<Uint8Array, WireError>> {
  const announced = request.headers.get('Content-Length')
  if (announced !== null && Number(announced) > bytesMax) return err({ code: 'body_too_large' })
  try {
    // Node accepts no more bytes than were announced, so an announced body need not be counted as it arrives.
    const bytes = announced === null ? await readBounded(request.body, bytesMax) : await request.arrayBuffer()
    if (bytes === null || bytes.byteLength > bytesMax) return err({ code: 'body_too_large' })
    return ok(new Uint8Array(bytes))
  } catch {
    // The connection ended, or its chunks were malformed (RFC 9112, section 8): the caller or the network is at fault.
    return err({ code: 'malformed_request' })
  }
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
