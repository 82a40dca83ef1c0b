import type { WireError } from '../../shared/contract/errors.ts'
import type { WarmUp } from '../../shared/contract/management.ts'
import type { BoardId, WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { resources } from '../../shared/resources/index.ts'
import type { Question, Resource, WarmWorkspace } from '../../shared/resources/question.ts'
import { needs } from '../../shared/resources/question.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { SettingsCaller } from '../cache/settings-reader.ts'
import { rolloutBy } from '../cache/shadow-read.ts'
import { plainWish } from '../cache/wish.ts'
import type { Services } from '../services.ts'

export interface Warming {
  readonly workspaceId: WorkspaceId
  readonly caller: SettingsCaller
}

interface WarmUpServices extends Pick<Services, 'clock' | 'answer'> {
  readonly views: Pick<Services['views'], 'current'>
  readonly origin: Pick<Services['origin'], 'boards' | 'needs'>
}

/**
 * Fills every tier with the entries that the declarations name for a workspace, its first `limits.warmBoardsMax` boards, and its
 * latest contacts, campaigns and segments. All resources together get at most `limits.warmEntriesMax` entries, in the order of
 * `questionsInTurn`.
 */
export async function warmUp(
  services: WarmUpServices,
  { workspaceId, caller }: Warming,
  declared: readonly Resource[] = resources,
): Promise<Result<WarmUp, WireError>> {
  const startedAtMs = services.clock.now()
  const { origin } = services
  const proof = await services.views.current(workspaceId, { kind: 'bounded' }, caller.keepAlive)
  // The tiers do not answer this workspace, and the database has enough to do.
  if (rolloutBy(proof) !== 'on')
    return ok({ warmupTimeMs: services.clock.now() - startedAtMs, ...summaryOf([], []) })
  const [boards, needed] = await Promise.all([
    origin.boards(workspaceId, caller),
    origin.needs(workspaceId, caller),
  ])
  if (!boards.ok) return boards
  const puts: Promise<unknown>[] = []
  const keepAlive = (work: Promise<unknown>) => {
    caller.keepAlive(work)
    puts.push(work)
  }

  async function warmed(question: Question): Promise<Warmed> {
    const read = await services.answer({
      question,
      workspaceId,
      caller: { ...caller, keepAlive },
      wish: plainWish,
      isWarmUp: true,
    })
    return { question, isWarm: read.ok && read.value.status !== 'BYPASS' }
  }

  const boardIds = boards.value.slice(0, limits.warmBoardsMax)
  // An origin that does not know the other needs must not keep the boards from being warmed.
  const { leads, campaigns, segments } = needed.ok ? needed.value : { leads: [], campaigns: [], segments: [] }
  const questions = questionsInTurn(
    declared.filter(({ callers }) => callers.includes(caller.kind)),
    { workspaceId, boardIds, leadIds: leads, campaignIds: campaigns, segmentIds: segments },
  )
  const loaded = await Promise.all(questions.slice(0, limits.warmEntriesMax).map(warmed))
  const left = questions.slice(limits.warmEntriesMax).map((question) => ({ question, isWarm: false }))
  // The answer reports entries as stored, so it waits for all puts. Reading the settings may add puts during the loop.
  for (const put of puts) await put
  return ok({
    warmupTimeMs: services.clock.now() - startedAtMs,
    ...summaryOf([...loaded, ...left], boardIds),
  })
}

interface Warmed {
  readonly question: Question
  readonly isWarm: boolean
}

/**
 * The first question of each resource, and then all others. Both go by the need of their resources; resources with the same need
 * take turns. So no resource is left out, and what the workspace needs least is cut off first.
 */
export function questionsInTurn(declared: readonly Resource[], workspace: WarmWorkspace): Question[] {
  return declared
    .flatMap((resource) => {
      const rank = needs.indexOf(resource.need)
      return resource.warmQuestions(workspace).map((question, turn) => ({ question, turn, rank }))
    })
    .sort(
      (one, other) =>
        Number(one.turn > 0) - Number(other.turn > 0) || one.rank - other.rank || one.turn - other.turn,
    )
    .map(({ question }) => question)
}

/** Sums up all questions, also those past the bound. A board is warm if all questions about it are. */
function summaryOf(all: readonly Warmed[], boardIds: readonly BoardId[]): Omit<WarmUp, 'warmupTimeMs'> {
  const areWarm = (some: readonly Warmed[]) => some.length > 0 && some.every(({ isWarm }) => isWarm)
  const ofBoard = (boardId: BoardId) => all.filter(({ question }) => question.params['boardId'] === boardId)
  const boards = boardIds.filter((boardId) => areWarm(ofBoard(boardId)))
  const entries: Record<string, number> = {}
  for (const { question, isWarm } of all) {
    const { name } = question.resource
    entries[name] = (entries[name] ?? 0) + (isWarm ? 1 : 0)
  }
  return {
    entriesWarmed: all.filter(({ isWarm }) => isWarm).length,
    boards,
    boardsWarmed: boards.length,
    counts: areWarm(all.filter(({ question }) => question.resource.name === contactCounts.name)),
    resources: entries,
  }
}
