import type { WireError } from '../../shared/contract/errors.ts'
import type { CacheSettings } from '../../shared/contract/settings.ts'
import { isCacheOn, lifetimeOf } from '../../shared/contract/settings.ts'
import type { UserId, WorkspaceId } from '../../shared/ids.ts'
import type { Question } from '../../shared/resources/question.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { cacheKey } from '../entry/key.ts'
import type { Caller, Origin } from '../outbound/origin-client.ts'
import type { ReadAnswer, Reader } from './read.ts'
import type { Policy } from './read-terms.ts'
import type { SettingsCaller, SettingsReader } from './settings-reader.ts'
import type { Wish } from './wish.ts'

/** A question on its way to the read path: in whose name it is asked, and how it may be answered. */
export interface Inquiry {
  readonly question: Question
  readonly workspaceId: WorkspaceId
  readonly caller: SettingsCaller
  readonly wish: Wish
  readonly isWarmUp?: boolean
}

/** Answers a resource's question from the tiers or the origin, as the workspace's settings have it. */
export type AnswerQuestion = (inquiry: Inquiry) => Promise<Result<ReadAnswer, WireError>>

export function createAnswer(
  reader: Reader,
  settings: SettingsReader,
  origin: Pick<Origin, 'load'>,
): AnswerQuestion {
  return async function answer({ question, workspaceId, caller, wish, isWarmUp }) {
    const owner = ownerOf(question, caller)
    if (!owner.ok) return owner
    const { resource } = question
    return reader({
      workspaceId,
      key: await cacheKey(question, workspaceId, owner.value),
      tags: question.tagsFor(owner.value),
      isBypass: question.isBypass,
      policy: settings.inForce(workspaceId, caller).then((inForce) => policyOf(question, inForce)),
      wish,
      isWarmUp: isWarmUp === true,
      isReadable: (body) => resource.isReadable(body),
      embeddedTags: (body) => resource.embeddedTags(body),
      fetchBody: (version) => origin.load(question, { workspaceId, userId: owner.value, version }, caller),
      keepAlive: caller.keepAlive,
    })
  }
}

/** The user whose entry answers; null where the workspace shares it. The backend names one where it needs one. */
export function ownerOf({ sharing }: Question, { userId }: Caller): Result<UserId | null, WireError> {
  if (sharing === 'workspace') return ok(null)
  return userId === null ? err({ code: 'user_needed' }) : ok(userId)
}

function policyOf(question: Question, settings: CacheSettings): Policy {
  return { isEnabled: isCacheOn(question, settings), lifetimeSeconds: lifetimeOf(question, settings) }
}

/**
 * The same, for users whose part is missing in the entry that their workspace shares: they are answered from an entry of their
 * own, whole, so that its figures, its age and its source belong together.
 */
export function withOwnAnswers(answer: AnswerQuestion): AnswerQuestion {
  return async (inquiry) => {
    const shared = await answer(inquiry)
    const { userId } = inquiry.caller
    // A warm-up is for all: the user who asked for it says nothing of those who will read.
    if (!shared.ok || !shared.value.entry.found || userId === null || inquiry.isWarmUp === true) return shared
    const own = inquiry.question.ownOf(shared.value.entry.body, userId)
    return own === null ? shared : answer({ ...inquiry, question: own })
  }
}
