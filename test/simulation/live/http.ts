import type { UserId, WorkspaceId } from '../../../shared/ids.ts'
import type { Question } from '../../../shared/resources/question.ts'
import type { HttpAnswer } from '../../../worker/client/platform.ts'
import { etagOf } from '../../../worker/entry/entry.ts'
import { respondError } from '../../../worker/http/answers.ts'
import { parseShown } from '../../../worker/live/shown-question.ts'
import type { Dice } from '../../support/dice.ts'
import type { Database, Fact } from '../database.ts'
import { nameOf, placeAsked } from '../questions.ts'
import { isIn, type KnownVersion, type Records } from '../records.ts'
import { presentedTo } from './screens.ts'
import type { SentRequest } from './tab.ts'
import { verifyToken } from './tokens.ts'

/**
 * The Worker's answers to reads over HTTP, by what it promises and no more: an answer may lack what was written down within the last
 * staleness bound, unless the request names a version. The production read path runs in the other simulation.
 */
export interface Http {
  answer(workspaceId: WorkspaceId, request: SentRequest): Promise<HttpAnswer>
}

interface HttpOptions {
  readonly dice: Dice
  readonly records: Records
  readonly stalenessBoundMs: number
  nowMs(): number
  databaseOf(workspaceId: WorkspaceId): Database
  headOf(workspaceId: WorkspaceId): KnownVersion
  isMember(workspaceId: WorkspaceId, userId: UserId): boolean
}

const encoder = new TextEncoder()

export function createHttp(options: HttpOptions): Http {
  const { dice, records, stalenessBoundMs, nowMs, databaseOf, headOf, isMember } = options
  function mayLack(workspaceId: WorkspaceId, commit: number, minVersion: KnownVersion | null): boolean {
    // Contacts from before the first writer are in every answer.
    if (records.committedAtMs(workspaceId, commit) === Number.NEGATIVE_INFINITY) return false
    const written = records.find(workspaceId, commit)
    if (written === undefined) return true
    const isDemanded = minVersion !== null && isIn(written, minVersion)
    return !isDemanded && written.atMs >= nowMs() - stalenessBoundMs
  }

  /** The states with which the Worker may answer, the present one first. */
  function allowed(workspaceId: WorkspaceId, name: string, minVersion: KnownVersion | null): Fact[] {
    const facts: Fact[] = []
    for (const fact of databaseOf(workspaceId).historyOf(name).toReversed()) {
      facts.push(fact)
      if (!mayLack(workspaceId, fact.commit, minVersion)) break
    }
    return facts
  }

  return {
    async answer(workspaceId, { path, token, minVersion, ifNoneMatch }) {
      const verified = verifyToken(token, nowMs())
      if (!verified.ok) return respondError(verified.error, 'simulated')
      const { userId } = verified.value
      if (!isMember(workspaceId, userId)) return respondError({ code: 'not_a_member' }, 'simulated')
      const question = questionOf(workspaceId, path)
      const place = placeAsked(question, question.sharing === 'user' ? userId : null)
      const head = headOf(workspaceId)
      if (minVersion !== null && minVersion > head.version)
        return respondError({ code: 'version_unknown' }, 'simulated')
      const demand = minVersion === null ? null : { version: minVersion, era: head.era }
      const facts = allowed(workspaceId, nameOf(place), demand)
      const fact = dice.happens(0.7) ? facts[0] : facts.at(-1)
      if (fact === undefined) throw new Error(`the database has no place ${nameOf(place)}`)
      if (fact.text === null) return respondError({ code: 'board_not_found' }, 'simulated')
      const named = question.resource.namedPart(encoder.encode(fact.text))
      const etag = `W/"${await etagOf(named)}.${userId}"`
      if (ifNoneMatch === etag) return new Response(null, { status: 304, headers: { ETag: etag } })
      return Response.json(
        { success: true, data: presentedTo(userId, place, fact.text) },
        { headers: { ETag: etag } },
      )
    },
  }
}

/** The question of a path, by production's parser. */
function questionOf(workspaceId: WorkspaceId, path: string): Question {
  const question = parseShown(path, workspaceId)
  if (question === null) throw new Error(`nobody should ask for ${path}`)
  return question
}
