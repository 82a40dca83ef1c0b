import type { Principal } from '../../shared/auth/verify.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { WarmUp } from '../../shared/contract/management.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../shared/resources/contacts/contact-list.ts'
import type { Question } from '../../shared/resources/question.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { SettingsCaller } from '../cache/settings-reader.ts'
import { plainWish } from '../cache/wish.ts'
import type { Services } from '../services.ts'

export interface Warming {
  readonly principal: Principal
  readonly workspaceId: WorkspaceId
  readonly caller: SettingsCaller
}

/** Fills every tier with the first page of each board (at most `limits.warmBoardsMax`) and the counts. */
export async function warmUp(
  services: Services,
  { workspaceId, caller }: Warming,
): Promise<Result<WarmUp, WireError>> {
  const startedAtMs = services.clock.now()
  const boards = await services.origin.boards(workspaceId, caller)
  if (!boards.ok) return boards
  const puts: Promise<unknown>[] = []
  const keepAlive = (work: Promise<unknown>) => {
    caller.keepAlive(work)
    puts.push(work)
  }

  async function isWarmed(question: Question): Promise<boolean> {
    const read = await services.answer({
      question,
      workspaceId,
      caller: { ...caller, keepAlive },
      wish: plainWish,
      isWarmUp: true,
    })
    return read.ok && read.value.status !== 'BYPASS'
  }

  const boardIds = boards.value.slice(0, limits.warmBoardsMax)
  const workspace = { workspaceId, boardIds }
  const [counts, lists] = await Promise.all([
    Promise.all(contactCounts.warmQuestions(workspace).map(isWarmed)),
    Promise.all(contactList.warmQuestions(workspace).map(isWarmed)),
  ])
  // The answer says that it is warm, so it waits until it is. Settings may add work while it is waited for.
  for (const put of puts) await put
  const boardsWarmed = lists.filter(Boolean).length
  return ok({
    warmupTimeMs: services.clock.now() - startedAtMs,
    entriesWarmed: [...lists, ...counts].filter(Boolean).length,
    boards: boardsWarmed,
    counts: counts.every(Boolean),
  })
}
