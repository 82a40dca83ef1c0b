import type { Principal } from '../../shared/auth/verify.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { WarmUp } from '../../shared/contract/management.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../shared/resources/contacts/contact-list.ts'
import type { Question } from '../../shared/resources/resource.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import { plainWish } from '../cache/request.ts'
import type { SettingsCaller } from '../cache/settings-reader.ts'
import type { Services } from '../services.ts'

export interface Warming {
  readonly principal: Principal
  readonly workspaceId: WorkspaceId
  readonly caller: SettingsCaller
}

/** Fills every tier with the first page of each board (at most `limits.warmBoardsMax`) and the counts. */
export async function warmUp(
  services: Services,
  { principal, workspaceId, caller }: Warming,
): Promise<Result<WarmUp, WireError>> {
  const startedAtMs = services.clock.now()
  const boards = await services.origin.boards(workspaceId, caller)
  if (!boards.ok) return boards
  const puts: Promise<unknown>[] = []
  const keepAlive = (work: Promise<unknown>) => {
    caller.keepAlive(work)
    puts.push(work)
  }

  async function isWarmed(resourceName: string, asked: Result<Question, unknown>): Promise<boolean> {
    if (!asked.ok) return false
    const read = await services.ask({
      resourceName,
      question: asked.value,
      workspaceId,
      userId: principal.userId,
      caller: { ...caller, keepAlive },
      wish: plainWish,
      isWarmUp: true,
    })
    return read.ok && read.value.status !== 'BYPASS'
  }

  const boardIds = boards.value.slice(0, limits.warmBoardsMax)
  const [counts, ...lists] = await Promise.all([
    isWarmed(contactCounts.name, contactCounts.ask({ workspaceId }, {})),
    ...boardIds.map((boardId) => isWarmed(contactList.name, contactList.ask({ boardId }, {}))),
  ])
  // The answer says that it is warm, so it waits until it is. Settings may add work while it is waited for.
  for (const put of puts) await put
  const boardsWarmed = lists.filter(Boolean).length
  return ok({
    warmupTimeMs: services.clock.now() - startedAtMs,
    entriesWarmed: boardsWarmed + (counts ? 1 : 0),
    boards: boardsWarmed,
    counts,
  })
}
