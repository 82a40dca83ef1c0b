import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import {
  type InboundEmail,
  type JudgedEmail,
  type MailOutcome,
  mailOutcomeSchema,
  type SenderFacts,
  type TakenMail,
} from '../../shared/contract/inbound-email.ts'
import { type WorkspaceId, workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { pauseAfterLoss } from '../database/lost-to-another.ts'
import type { Queries } from '../database/queries.ts'
import type { Query } from '../database/query.ts'
import type { Failure } from '../failures.ts'
import { createMailLine } from './mail-line.ts'
import type { MailPace } from './mail-pace.ts'

/** Takes messages in, each once in each workspace that it is written to. */
export interface MailTaker {
  take(email: InboundEmail): Promise<Result<TakenMail, Failure>>
}

interface MailTakerParts {
  readonly queries: Queries
  readonly pace: MailPace
  readonly clock: Clock
  readonly random: () => number
  /** The facts that follow from the sender's domain. */
  factsOf(from: InboundEmail['from']): SenderFacts
}

const answerSchema = z.union([
  z.object({ mail: mailOutcomeSchema }),
  /** The message has addresses of several workspaces, and was not taken yet. */
  z.object({ workspaces: z.array(workspaceIdSchema).min(1) }),
])
type Answer = z.output<typeof answerSchema>

/** Postgres's codes for a row that somebody else made, or removed, at the same moment: a company, or a thread that went under another. */
const lostRaces: ReadonlySet<string> = new Set(['23503', '23505'])

/** Calls the database for a message, until the message has an outcome or it is known which workspaces it is for. */
function createCalls({ queries, pace, clock, random }: MailTakerParts) {
  const line = createMailLine(pace)

  function call(
    mail: JudgedEmail,
    workspaceId: WorkspaceId | null,
    begin: (query: Query) => Promise<MailOutcome | null> = async () => null,
  ): Promise<Result<Answer, Failure>> {
    return queries.perform({
      ...{ name: 'inbound-email', queryClass: 'mails', callerToken: null },
      // The workspace is known only to the database. Messages to one address take that address's turn.
      ...{ workspaceId: null, callerKey: turnOf(mail) },
      async perform(query) {
        const queued = await begin(query)
        if (queued !== null) return ok({ mail: queued })
        const startedAtMs = clock.now()
        const answer = await query(answerSchema, 'inbound_email_take', {
          p_mail: mail,
          p_workspace: workspaceId,
          p_is_slow: pace.isSlow(),
        })
        pace.record(clock.now() - startedAtMs)
        return answer
      },
    })
  }

  /** Takes a message as soon as it has its turn, or earlier, in the queue, together with others that wait. */
  async function callInLine(mail: JudgedEmail): Promise<Result<Answer, Failure>> {
    const place = line.join(mail, turnOf(mail))
    try {
      const queued = place.queued.then((outcome) => ok({ mail: outcome }))
      return await Promise.race([queued, call(mail, null, place.begin)])
    } finally {
      place.leave()
    }
  }

  /** Nothing was written by a transaction that lost, so it is tried again at once, and a little later each time. */
  async function callUntilDecided(
    mail: JudgedEmail,
    workspaceId: WorkspaceId | null,
  ): Promise<Result<Answer, Failure>> {
    for (let attempt = 1; ; attempt += 1) {
      const isFirst = attempt === 1 && workspaceId === null
      const answer = await (isFirst ? callInLine(mail) : call(mail, workspaceId))
      if (answer.ok || attempt === limits.mailAttemptsMax || !isLost(answer.error)) return answer
      await pauseAfterLoss({ clock, random }, attempt)
    }
  }

  return callUntilDecided
}

export function createMailTaker(parts: MailTakerParts): MailTaker {
  const callUntilDecided = createCalls(parts)

  async function takeFor(
    mail: JudgedEmail,
    workspaceId: WorkspaceId | null,
  ): Promise<Result<readonly MailOutcome[], Failure>> {
    const answer = await callUntilDecided(mail, workspaceId)
    if (!answer.ok) return answer
    if ('mail' in answer.value) return ok([answer.value.mail])
    if (workspaceId !== null) throw new Error('a message is taken for one workspace at a time')
    const outcomes: MailOutcome[] = []
    for (const each of answer.value.workspaces) {
      const taken = await takeFor(mail, each)
      // The address may have been taken from the workspace meanwhile.
      if (!taken.ok && taken.error.kind === 'recipient_unknown') continue
      // Where it was taken it is known when it comes again.
      if (!taken.ok) return taken
      outcomes.push(...taken.value)
    }
    return outcomes.length === 0 ? err({ kind: 'recipient_unknown' }) : ok(outcomes)
  }

  return {
    async take(email) {
      const sender = parts.factsOf(email.from)
      const taken = await takeFor({ ...email, sender }, null)
      if (!taken.ok) return taken
      const { messageId, digest } = email
      return ok({ messageId, digest, senderDomain: sender.domain, outcomes: [...taken.value] })
    },
  }
}

function isLost(failure: Failure): boolean {
  return failure.kind === 'conflict' || (failure.kind === 'invalid' && lostRaces.has(failure.code))
}

/** A digest, so that no address is kept where turns are counted. */
function turnOf({ recipients: [first = ''] }: InboundEmail): string {
  return `mail ${createHash('sha256').update(first).digest('base64url')}`
}
