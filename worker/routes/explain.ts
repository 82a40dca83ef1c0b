import type { WireError } from '../../shared/contract/errors.ts'
import { userIdSchema } from '../../shared/ids.ts'
import type { Explanation } from '../../shared/resources/explanation.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { nameOf } from '../../shared/tags/tags.ts'
import type { Admitted } from '../auth/admit.ts'
import { admit, workspaceOf } from '../auth/admit.ts'
import { matchesKey } from '../auth/internal-key.ts'
import type { ReadAnswer } from '../cache/read.ts'
import type { Call } from '../http/route.ts'

export const explainHeader = 'X-Explain'

/** A caller of a resource, and whether the answer is to be explained to them. */
export interface Asker extends Omit<Admitted, 'readBody'> {
  readonly wantsExplanation: boolean
  /** Holds the internal key and no user's token: the origin cannot be asked for them, so only what is cached answers. */
  readonly isKeyHolder: boolean
}

/** Lets a member in; with `X-Explain: 1` an admin, or who holds the internal key. */
export async function admitAsker(call: Call, named: string | undefined): Promise<Result<Asker, WireError>> {
  const wanted = call.request.headers.get(explainHeader) ?? '0'
  if (wanted === '0') return admitUnexplained(call, named)
  if (wanted !== '1') {
    return err({
      code: 'invalid_parameter',
      details: [{ parameter: explainHeader, message: 'must be 0 or 1' }],
    })
  }
  const { headers } = call.request
  if (await matchesKey(headers.get('Authorization'), call.services.config.internalAuthKey)) {
    return admitKeyHolder(call, named)
  }
  const admitted = await admit(call, named)
  if (!admitted.ok) return admitted
  if (admitted.value.role !== 'admin') return err({ code: 'admin_required' })
  return ok({ ...admitted.value, wantsExplanation: true, isKeyHolder: false })
}

async function admitUnexplained(call: Call, named: string | undefined): Promise<Result<Asker, WireError>> {
  const admitted = await admit(call, named)
  return admitted.ok ? ok({ ...admitted.value, wantsExplanation: false, isKeyHolder: false }) : admitted
}

function admitKeyHolder(
  { request, requestId, trace, keepAlive }: Call,
  named: string | undefined,
): Result<Asker, WireError> {
  const workspace = workspaceOf(request.headers.get('X-Workspace-ID'), named)
  if (!workspace.ok) return workspace
  const userId = userIdSchema.safeParse(request.headers.get('X-User-ID') ?? 'backend')
  if (!userId.success) {
    return err({
      code: 'invalid_parameter',
      details: [{ parameter: 'X-User-ID', message: 'must be the id of a user' }],
    })
  }
  return ok({
    principal: { userId: userId.data, token: '', workspaces: null, expiresAtMs: 0 },
    workspaceId: workspace.value,
    role: 'admin',
    caller: { token: '', requestId, trace, keepAlive },
    wantsExplanation: true,
    isKeyHolder: true,
  })
}

/** How an answer came about, for whoever looks into it. */
export function explain({ entry, steps, view }: ReadAnswer, nowMs: number): Explanation {
  return {
    asked: steps.map(({ name, said, durationMs }) => ({ name, said, duration_ms: durationMs })),
    entry: {
      stamp: { ledger: entry.stamp.ledgerId, version: entry.stamp.version },
      age_ms: nowMs - entry.createdAtMs,
      load_ms: entry.loadMs,
    },
    view: view === null ? null : { version: view.version, floor: view.birth, age_ms: nowMs - view.askedAtMs },
    tags: entry.tags.map((tag) => ({ tag: nameOf(tag), version: view === null ? null : view.movedAt(tag) })),
  }
}
