import { Agent, request } from 'node:http'
import { limits } from '../../shared/limits.ts'
import type { ResourceName } from '../../shared/resources/index.ts'
import type { Dice } from '../support/dice.ts'
import type { TestStack } from '../support/local-stack.ts'
import { floodedWorkspaceId, type MixedQuestion, type QuestionsOf } from './mix-questions.ts'

/** Enough for the code of an error and for the first lines of a stack. */
const faultCharactersMax = 300

/** The share of reads that are answered from the cache. */
const hitShare = 0.9

export interface ReadsOfResource {
  reads: number
  hits: number
  readonly durationsMs: number[]
}

export interface Tally {
  readonly byResource: Map<ResourceName, ReadsOfResource>
  /** Answers by resource and status, other than 200 and the 404 of what does not exist. */
  readonly unexpected: Map<string, number>
}

export interface MixedReaders {
  /** Answers the reads since the last call. */
  take(): Tally
  stop(): Promise<void>
}

const newTally = (): Tally => ({ byResource: new Map(), unexpected: new Map() })

/**
 * Readers that put questions about all resources in equal numbers, each as soon as the last one is answered. Nine of ten reads are
 * hits, whatever the writes beside them move: as long as there are more, the next question is one that nobody has put before.
 */
export function startReaders(
  stack: TestStack,
  questions: Readonly<Record<ResourceName, QuestionsOf>>,
  atOnce: number,
  dice: Dice,
): MixedReaders {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const all = Object.values(questions).map((of) => ({ ...of, coldNumber: 0 }))
  let tally = newTally()
  let total = { reads: 0, hits: 0 }
  let isStopped = false

  function next(): MixedQuestion {
    const of = dice.pick(all)
    if (of.cold === null || total.hits < hitShare * total.reads) return dice.pick(of.hot)
    of.coldNumber += 1
    return of.cold(of.coldNumber)
  }

  function note(resource: ResourceName, { status, fault, isHit, durationMs }: Answered): void {
    total = { reads: total.reads + 1, hits: total.hits + (isHit ? 1 : 0) }
    if (!isExpected(status)) {
      const name = `${resource} ${status} ${fault}`
      tally.unexpected.set(name, (tally.unexpected.get(name) ?? 0) + 1)
    }
    const of = tally.byResource.get(resource) ?? { reads: 0, hits: 0, durationsMs: [] }
    tally.byResource.set(resource, of)
    of.reads += 1
    of.hits += isHit ? 1 : 0
    of.durationsMs.push(durationMs)
  }

  async function read(): Promise<void> {
    while (!isStopped) {
      const question = next()
      note(question.resource, await send(stack, question, dice.happens(0.5), agent))
    }
  }

  const readers = Array.from({ length: atOnce }, read)
  // A failed reader is reported when they are stopped, and until then the others go on.
  const ended = Promise.allSettled(readers)
  return {
    take() {
      const taken = tally
      tally = newTally()
      return taken
    },
    async stop() {
      isStopped = true
      await ended
      agent.destroy()
      await Promise.all(readers)
    },
  }
}

const isExpected = (status: number) => status === 200 || status === 404

/** An error of the product has a code, which is enough. Anything else is somebody else's. */
const named = (fault: string) => /"code":"(\w+)"/.exec(fault)?.[1] ?? fault

interface Answered {
  readonly status: number
  /** The code of an answer that was not expected, else the beginning of its body, or why there was none. */
  readonly fault: string
  readonly isHit: boolean
  readonly durationMs: number
}

/** Members put half of the questions that they may put, and the CRM's backend all others. */
function headersOf(
  stack: TestStack,
  { resource, workspaceId, userId, isForMembers }: MixedQuestion,
  isByMember: boolean,
): Record<string, string> {
  const { admin, otherAdmin } = stack.tokens
  const token = workspaceId === floodedWorkspaceId ? admin : otherAdmin
  const mustBeMember = resource === 'contact-list'
  return {
    Authorization: `Bearer ${mustBeMember || (isForMembers && isByMember) ? token : stack.internalAuthKey}`,
    ...(resource === 'organization-by-phone' ? {} : { 'X-Workspace-ID': workspaceId }),
    ...(userId === null ? {} : { 'X-User-ID': userId }),
  }
}

/** Answers status 0 if no answer came. */
function send(
  stack: TestStack,
  question: MixedQuestion,
  isByMember: boolean,
  agent: Agent,
): Promise<Answered> {
  return new Promise((resolve) => {
    const sentAtMs = performance.now()
    const options = {
      headers: headersOf(stack, question, isByMember),
      agent,
      signal: AbortSignal.timeout(2 * limits.originDeadlineMs),
    }
    const end = (status: number, cacheStatus: string, fault: string) => {
      const isHit = cacheStatus.includes('; hit')
      resolve({ status, fault, isHit, durationMs: performance.now() - sentAtMs })
    }
    const fail = (error: Error) => end(0, '', error.message)
    const sent = request(`${stack.worker}${question.path}`, options, (answer) => {
      const { statusCode: status = 0, headers } = answer
      let fault = ''
      answer.on('end', () => end(status, String(headers['cache-status'] ?? ''), named(fault)))
      answer.on('error', fail)
      if (isExpected(status)) answer.resume()
      else {
        answer.setEncoding('utf8')
        answer.on('data', (text: string) => {
          fault = `${fault}${text}`.slice(0, faultCharactersMax)
        })
      }
    })
    sent.on('error', fail)
    sent.end()
  })
}
