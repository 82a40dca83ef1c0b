import type { z } from 'zod'
import type { WireError } from '../shared/contract/errors.ts'
import { faultsOf } from '../shared/contract/errors.ts'
import type { WorkspaceId } from '../shared/ids.ts'
import { workspaceIdSchema } from '../shared/ids.ts'
import type { Result } from '../shared/result.ts'
import { err, ok } from '../shared/result.ts'
import type { OriginContext } from './answers.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/** The body as `schema` takes it: `invalid_json`, or `invalid_body` with what is wrong. */
export async function parseBody<Schema extends z.ZodType>(
  context: OriginContext,
  schema: Schema,
): Promise<Result<z.output<Schema>, WireError>> {
  const body = parseJson(await context.req.arrayBuffer())
  if (!body.ok) return body
  const parsed = schema.safeParse(body.value)
  return parsed.success ? ok(parsed.data) : err({ code: 'invalid_body', details: faultsOf(parsed.error) })
}

/** JSON that Postgres can store. */
export function parseJson(bytes: ArrayBuffer | Uint8Array): Result<unknown, WireError> {
  let json: unknown
  let isStorable = true
  try {
    json = JSON.parse(decoder.decode(bytes), (_name, value: unknown) => {
      if (typeof value === 'string' && !isText(value)) isStorable = false
      return value
    })
  } catch {
    return err({ code: 'invalid_json' })
  }
  if (isStorable) return ok(json)
  const message = 'must not contain NUL or half of a surrogate pair'
  return err({ code: 'invalid_body', details: [{ parameter: '(input)', message }] })
}

/** The workspace that the path names. */
export function parseWorkspaceId(context: OriginContext): Result<WorkspaceId, WireError> {
  return parseIdentifier(workspaceIdSchema, context.req.param('id'), 'workspaceId')
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

/** Postgres takes neither a NUL nor a lone surrogate in text or jsonb. */
function isText(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0')
}
