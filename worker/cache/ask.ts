import type { WireError } from '../../shared/contract/errors.ts'
import type { CacheSettings } from '../../shared/contract/settings.ts'
import { lifetimeOf } from '../../shared/contract/settings.ts'
import type { UserId, WorkspaceId } from '../../shared/ids.ts'
import type { Question } from '../../shared/resources/resource.ts'
import type { Result } from '../../shared/result.ts'
import { cacheKey } from '../entry/key.ts'
import type { Origin } from '../outbound/origin-client.ts'
import type { ReadAnswer, Reader } from './read.ts'
import type { Wish } from './request.ts'
import type { SettingsCaller, SettingsReader } from './settings-reader.ts'

/** A question on its way to the read path: whose it is, and how it may be answered. */
export interface Asking {
  readonly resourceName: string
  readonly question: Question
  readonly workspaceId: WorkspaceId
  readonly userId: UserId
  readonly caller: SettingsCaller
  readonly wish: Wish
  readonly isWarmUp?: boolean
}

/** Answers a resource's question from the tiers or the origin, as the workspace's settings have it. */
export type Ask = (asking: Asking) => Promise<Result<ReadAnswer, WireError>>

export function createAsk(reader: Reader, settings: SettingsReader, origin: Pick<Origin, 'load'>): Ask {
  return async function ask({ resourceName, question, workspaceId, userId, caller, wish, isWarmUp }) {
    const owner = question.sharing === 'user' ? userId : null
    return reader({
      workspaceId,
      key: await cacheKey(resourceName, workspaceId, owner, question),
      tags: (owner === null ? null : question.ownTags?.(owner)) ?? question.tags,
      isBypass: question.bypass === true,
      policy: settings.inForce(workspaceId, caller).then((inForce) => policyOf(question, inForce)),
      wish,
      isWarmUp: isWarmUp === true,
      load: (version) =>
        origin.load(resourceName, { workspaceId, userId: owner, version, params: question.params }, caller),
      keepAlive: caller.keepAlive,
    })
  }
}

function policyOf(question: Question, settings: CacheSettings) {
  return {
    isEnabled: settings.cacheEnabled && settings.features[question.feature],
    lifetimeSeconds: lifetimeOf(question.lifetime, settings),
  }
}
