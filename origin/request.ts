import type { z } from 'zod'
import type { WireError } from '../shared/contract/errors.ts'
import { faultsOf } from '../shared/contract/errors.ts'
import type { WorkspaceId } from '../shared/ids.ts'
import { workspaceIdSchema } from '../shared/ids.ts'
import type { Result } from '../shared/result.ts'
import { err, ok } from '../shared/result.ts'
import type { OriginContext } from './answers.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * The body as `schema` takes it, read no further than `bytesMax`: `body_too_large`, `malformed_request` where it breaks
 * off, `invalid_json`, or `invalid_body` with what is wrong.
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
    // Node takes no more than was announced, so it need not be counted as it comes.
    const bytes = announced === null ? await readUpTo(request, bytesMax) : await request.arrayBuffer()
    if (bytes === null || bytes.byteLength > bytesMax) return err({ code: 'body_too_large' })
    return ok(new Uint8Array(bytes))
  } catch {
    // The connection ended, or its chunks were no chunks (RFC 9112 section 8): the caller's fault, or the network's.
    return err({ code: 'malformed_request' })
  }
}

/** A body of unknown length, null where it is longer than `bytesMax`. */
async function readUpTo(request: Request, bytesMax: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = []
  let lengthBytes = 0
  for await (const chunk of request.body ?? []) {
    lengthBytes += chunk.length
    if (lengthBytes > bytesMax) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, lengthBytes)
}

/** An escape that can stand for half of a surrogate pair, or for NUL: bytes that are UTF-8 hold neither otherwise. */
const suspectEscape = /\\u(?:0000|[dD][89abAB])/

/** JSON that Postgres can store. */
export function parseJson(bytes: ArrayBuffer | Uint8Array): Result<unknown, WireError> {
  let text: string
  let json: unknown
  try {
    text = decoder.decode(bytes)
    json = JSON.parse(text)
  } catch {
    return err({ code: 'invalid_json' })
  }
  if (!suspectEscape.test(text) || isStorable(json)) return ok(json)
  const message = 'must not contain NUL or half of a surrogate pair'
  return err({ code: 'invalid_body', details: [{ parameter: '(input)', message }] })
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

/** An identifier of the path or a header; `parameter` is what the error calls it. */
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

/** Postgres takes neither a NUL nor a lone surrogate in text or jsonb, in names no more than in values. */
function isStorable(json: unknown): boolean {
  const left: unknown[] = [json]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value === 'string' && !isText(value)) return false
    if (typeof value !== 'object' || value === null) continue
    for (const [name, member] of Object.entries(value)) {
      if (!isText(name)) return false
      left.push(member)
    }
  }
  return true
}

function isText(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0')
}
