import { hexDigest } from '../../../../shared/hex-digest.ts'
import { deploymentId, type WorkspaceId } from '../../../../shared/ids.ts'
import { limits } from '../../../../shared/limits.ts'
import type { Question } from '../../../../shared/resources/question.ts'
import type { CacheKey } from '../../../entry/key.ts'
import type { Causes } from './cause-batch.ts'
import { bySketch, createSketches } from './cause-batch.ts'
import type { Tally } from './sketch.ts'

/** A read of a cached resource that was answered, successfully or not. */
interface CountedRead {
  readonly workspaceId: WorkspaceId
  readonly question: Question
  /** The key of the entry that answered; null if none did. */
  readonly key: CacheKey | null
  readonly isHit: boolean
  readonly isError: boolean
  readonly durationMs: number
}

/** The counts of an isolate, with the keys as they are. They leave the isolate as digests (`sealCauses`). */
export interface OpenCauses {
  readonly causes: Causes
  readonly questions: ReadonlyMap<CacheKey, AskedQuestion>
}

type AskedQuestion = Pick<Question, 'resource' | 'params'> & { readonly workspaceId: WorkspaceId }

/** Counts in an isolate where reads and misses come from. It travels with the batches of the recorder. */
export interface CauseTally {
  /** Never throws and never waits. */
  count(read: CountedRead): void
  /** Everything counted since the last call; null if there is nothing. */
  take(): OpenCauses | null
}

/** `version` is that of this Worker. */
export function createCauseTally(version: string): CauseTally {
  let sketches = createSketches(limits.causesBatchMax)
  let questions = new Map<CacheKey, AskedQuestion>()
  let reads = 0

  function countKey(key: CacheKey, asked: AskedQuestion, tally: Tally): void {
    sketches.keys.add(key, 1, asked.resource.name, tally)
    if (questions.has(key)) return
    questions.set(key, asked)
    // The sketch has dropped keys by now, whose questions are not needed.
    if (questions.size < 4 * limits.causesBatchMax) return
    for (const each of questions.keys()) if (!sketches.keys.tracked.has(each)) questions.delete(each)
  }

  return {
    count({ workspaceId, question, key, isHit, isError, durationMs }) {
      const { resource, params } = question
      const tally: Tally = {
        ...{ reads: 1, misses: isHit ? 0 : 1, errors: isError ? 1 : 0 },
        // A clock that went back must not make a batch that nobody can store.
        durationMs: Math.max(0, durationMs),
      }
      reads += 1
      if (key !== null) countKey(key, { resource, params, workspaceId }, tally)
      if (workspaceId === deploymentId) return
      sketches.workspaces.add(workspaceId, 1, resource.name, tally)
      if (!isHit) sketches.missing.add(workspaceId, 1, resource.name, tally)
      const { boardId } = params
      if (typeof boardId === 'string')
        sketches.boards.add(`${workspaceId} ${boardId}`, 1, resource.name, tally)
    },
    take() {
      if (reads === 0) return null
      const causes = { versions: [version], reads, ...bySketch((name) => sketches[name].data()) }
      const taken = { causes, questions }
      sketches = createSketches(limits.causesBatchMax)
      questions = new Map()
      reads = 0
      return taken
    },
  }
}

/**
 * Replaces each key by its digest, as the lists of Redis show it, and by the question in a form that may be shown. A key may contain
 * the cursor of a page, which may contain a name. Sealing the same causes again gives the same result.
 */
export async function sealCauses({ causes, questions }: OpenCauses): Promise<Causes> {
  const asked: ReadonlyMap<string, AskedQuestion> = questions
  const tracked = causes.keys.tracked.map(async (row) => {
    const question = asked.get(row.name)
    const shown = question === undefined ? '{}' : shownQuestion(question)
    return { ...row, name: `${await hexDigest(row.name, 16)} ${shown}` }
  })
  return { ...causes, keys: { ...causes.keys, tracked: await Promise.all(tracked) } }
}

/**
 * A question as JSON that may be shown: its parameters without those that may contain contact data, of which only the names are there.
 * Those are the declared ones, and cursors.
 */
function shownQuestion({ resource, params, workspaceId }: AskedQuestion): string {
  const isHidden = (name: string) => name === 'cursor' || resource.privateParams.includes(name)
  const given = Object.entries(params).filter(([, value]) => value !== null && value !== undefined)
  const shown = given.filter(([name, value]) => !isHidden(name) && typeof value !== 'object')
  const hidden = given.map(([name]) => name).filter((name) => !shown.some(([each]) => each === name))
  const whole = { workspaceId, params: Object.fromEntries(shown), hidden }
  const text = JSON.stringify(whole)
  return text.length <= limits.causesQuestionCharactersMax
    ? text
    : JSON.stringify({ ...whole, params: {}, hidden: given.map(([name]) => name) })
}
