import type { Result } from '../../shared/result.ts'
import { callerKeyOf, tokenOf } from '../database/caller.ts'
import type { Failure } from '../failures.ts'
import type { OriginContext } from '../http/respond.ts'
import { respondFailure } from '../http/respond.ts'
import type { Writer } from '../outbox/delivered-writes.ts'

/** Answers a write: its data in an envelope that no cache may store, or its failure. */
export function respondWritten(
  context: OriginContext,
  written: Result<unknown, Failure>,
  status: 200 | 201 = 200,
): Response {
  if (!written.ok) return respondFailure(context, written.error)
  context.header('Cache-Control', 'no-store')
  return context.json({ success: true, data: written.value }, status)
}

/** The caller and the workspace that the door has admitted. */
export function writerOf(context: OriginContext): Writer {
  const { caller, workspaceId } = context.var
  return { callerToken: tokenOf(caller), callerKey: callerKeyOf(caller, workspaceId), workspaceId }
}
