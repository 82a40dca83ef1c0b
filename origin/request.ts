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
  const bytes = await context.req.arrayBuffer()
  let body: unknown
  let isStorable = true
  try {
    body = JSON.parse(decoder.decode(bytes), (_name, value: unknown) => {
      if (typeof value === 'string' && !isText(value)) isStorable = false
      return value
    })
  } catch {
    return err({ code: 'invalid_json' })
  }
  if (!isStorable) {
    const message = 'must not contain NUL or half of a surrogate pair'
    return err({ code: 'invalid_body', details: [{ parameter: '(input)', message }] })
  }
  const parsed = schema.safeParse(body)
  return parsed.success ? ok(parsed.data) : err({ code: 'invalid_body', details: faultsOf(parsed.error) })
}

/** The workspace that the path names. */
export function parseWorkspaceId(context: OriginContext): Result<WorkspaceId, WireError> {
  const parsed = workspaceIdSchema.safeParse(context.req.param('id'))
  if (parsed.success) return ok(parsed.data)
  const details = faultsOf(parsed.error).map((fault) => ({ ...fault, parameter: 'workspaceId' }))
  return err({ code: 'invalid_parameter', details })
}

/** Postgres takes neither a NUL nor a lone surrogate in text or jsonb. */
function isText(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0')
}
