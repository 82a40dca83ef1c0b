import { z } from 'zod'
import { type JudgedEmail, type MailOutcome, mailOutcomeSchema } from '../../shared/contract/inbound-email.ts'
import { limits } from '../../shared/limits.ts'
import type { Query } from '../database/query.ts'
import type { MailPace } from './mail-pace.ts'

/** The messages that wait for their turns, and those that have one. */
interface MailLine {
  /** Lets a message wait. `address` stands for the address that it was written to. */
  join(mail: JudgedEmail, address: string): PlaceInLine
}

interface PlaceInLine {
  /** Settles when the message was put into the queue together with others, and never if it was not. */
  readonly queued: Promise<MailOutcome>
  /** The turn of the message has come, with its query. Null: it is to be taken by itself. */
  begin(query: Query): Promise<MailOutcome | null>
  leave(): void
}

interface Waiting {
  readonly mail: JudgedEmail
  readonly address: string
  /** While it is asked whether it may be queued, and when it was queued. */
  asked: Promise<MailOutcome | null> | null
  settle(outcome: MailOutcome): void
}

type Outcomes = readonly (MailOutcome | null)[]

const answerSchema = z.object({ mails: z.array(mailOutcomeSchema.nullable()) })

/**
 * Takes messages together while they wait: of those that wait for a turn at the same moment the database puts as many into the queue
 * as it may, by one call and in one transaction. That is what makes a burst cheap. A few waiting messages just get their turns.
 *
 * A message that has a turn makes the call, in that turn. A call with a turn of its own could wait for ever: each place may be held by a
 * message that waits for this call.
 */
export function createMailLine(pace: MailPace): MailLine {
  const waiting = new Set<Waiting>()
  const underWay = new Map<string, number>()
  let isAsking = false
  let joinedSince = 0

  const areMany = () => Math.min(joinedSince, waiting.size) >= limits.mailsTogetherMin

  /** Asks for those that wait. `giveUp` ends this if the one that asks has to leave. */
  function ask(query: Query): { readonly asked: Promise<unknown>; giveUp(): void } {
    isAsking = true
    joinedSince = 0
    const messages = [...waiting].filter(({ mail }) => isSmall(mail)).slice(0, limits.mailsTogetherMax)
    const { promise: answers, resolve } = Promise.withResolvers<Outcomes>()
    for (const [index, message] of messages.entries())
      message.asked = answers.then((outcomes) => outcomes[index] ?? null)
    const asked = answers.then((outcomes) => {
      for (const [index, message] of messages.entries()) end(waiting, message, outcomes[index] ?? null)
      isAsking = false
    })
    const asking = messages.map(({ mail, address }) => ({ mail, ahead: underWay.get(address) ?? 0 }))
    void queueTogether(query, asking, pace.isSlow()).then(resolve)
    return { asked, giveUp: () => resolve([]) }
  }

  return {
    join(mail, address) {
      const { promise: queued, resolve: settle } = Promise.withResolvers<MailOutcome>()
      const message: Waiting = { mail, address, asked: null, settle }
      let hasBegun = false
      let giveUp: () => void = () => undefined
      waiting.add(message)
      joinedSince += 1
      return {
        queued,
        async begin(query) {
          if (message.asked === null && !isAsking && areMany()) {
            const asking = ask(query)
            giveUp = asking.giveUp
            await asking.asked
          }
          // Another one may ask for it again before it goes on.
          while (message.asked !== null) {
            const outcome = await message.asked
            if (outcome !== null) return outcome
          }
          // It may have left while it was asked for.
          hasBegun = waiting.delete(message)
          if (hasBegun) underWay.set(address, (underWay.get(address) ?? 0) + 1)
          return null
        },
        leave() {
          giveUp()
          waiting.delete(message)
          if (!hasBegun) return
          const others = (underWay.get(address) ?? 1) - 1
          if (others > 0) underWay.set(address, others)
          else underWay.delete(address)
        },
      }
    },
  }
}

function end(waiting: Set<Waiting>, message: Waiting, outcome: MailOutcome | null): void {
  if (outcome === null) {
    message.asked = null
  } else {
    waiting.delete(message)
    message.settle(outcome)
  }
}

/**
 * `ahead`: the messages to the same address that are under way. After a failure each is taken by itself, which finds those that were
 * queued all the same.
 */
async function queueTogether(
  query: Query,
  p_mails: readonly { readonly mail: JudgedEmail; readonly ahead: number }[],
  p_is_slow: boolean,
): Promise<Outcomes> {
  const asked = await query(answerSchema, 'inbound_email_take_together', { p_mails, p_is_slow })
  return asked.ok ? asked.value.mails : []
}

/** A hundred of these fit into one call. */
function isSmall({ text, recipients }: JudgedEmail): boolean {
  return text.length <= limits.mailTogetherCharactersMax && recipients.length <= limits.recipientsMax
}
