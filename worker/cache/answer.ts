import type { Awaitable } from '../../shared/awaitable.ts'
import { whenReady } from '../../shared/awaitable.ts'
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
import type { FillReach } from './store.ts'
import type { Wish } from './wish.ts'

/** A question with its caller and the caller's wishes about the answer. */
export interface Inquiry {
  readonly question: Question
  readonly workspaceId: WorkspaceId
  readonly caller: SettingsCaller
  readonly wish: Wish
  readonly isWarmUp?: boolean
}

/** Answers a question from the tiers or the origin, under the workspace's cache settings. */
export type AnswerQuestion = (inquiry: Inquiry) => Awaitable<Result<ReadAnswer, WireError>>

export function createAnswer(
  reader: Reader,
  settings: SettingsReader,
  origin: Pick<Origin, 'load'>,
): AnswerQuestion {
  return function answer({ question, workspaceId, caller, wish, isWarmUp }) {
    const owner = ownerOf(question, caller)
    if (!owner.ok) return owner
    const { resource } = question
    const policy = whenReady(settings.inForce(workspaceId, caller), (inForce) => policyOf(question, inForce))
    return whenReady(cacheKey(question, workspaceId, owner.value), (key) =>
      reader({
        workspaceId,
        key,
        tags: question.tagsFor(owner.value),
        isBypass: question.isBypass,
        changes: question.changes,
        policy,
        wish,
        reach: isWarmUp === true ? 'everywhere' : reachOf(question, caller),
        isReadable: (body) => resource.isReadable(body),
        namedPart: (body) => resource.namedPart(body),
        embeddedTags: (body) => question.embeddedTags(body),
        fetchBody: (version) => origin.load(question, { workspaceId, userId: owner.value, version }, caller),
        keepAlive: caller.keepAlive,
      }),
    )
  }
}

/**
 * A user's own entry is read where the user is. One that the backend loads may be read anywhere, and one of a namespace of its own is
 * meant to be there.
 */
function reachOf({ sharing, resource }: Question, { kind }: SettingsCaller): FillReach {
  return sharing === 'user' && kind === 'member' && resource.namespace === 'cache' ? 'own' : 'shared'
}

/** The user that the entry belongs to, or null if the workspace shares it. `user_needed` if a service named no user. */
export function ownerOf({ sharing }: Question, { userId }: Caller): Result<UserId | null, WireError> {
  if (sharing === 'workspace') return ok(null)
  return userId === null ? err({ code: 'user_needed' }) : ok(userId)
}

function policyOf(question: Question, settings: CacheSettings): Policy {
  return { isEnabled: isCacheOn(question, settings), lifetimeSeconds: lifetimeOf(question, settings) }
}

/**
 * The same answers, but a user whom the workspace's shared entry does not cover gets the whole answer from an entry of their
 * own. So the figures, the age and the source of an answer always come from one entry.
 */
export function withOwnAnswers(answer: AnswerQuestion): AnswerQuestion {
  return (inquiry) =>
    whenReady(answer(inquiry), (shared) => {
      const { userId } = inquiry.caller
      // A warm-up loads the shared entry for everybody. The user who started it may not be among the readers.
      if (!shared.ok || !shared.value.entry.found || userId === null || inquiry.isWarmUp === true)
        return shared
      const own = inquiry.question.ownOf(shared.value.entry.body, userId)
      return own === null ? shared : answer({ ...inquiry, question: own })
    })
}
