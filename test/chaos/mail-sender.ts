import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { decidingOutcome, takenMailSchema } from '../../shared/contract/inbound-email.ts'
import { inboundEmailRoutes } from '../../shared/contract/inbound-email-routes.ts'
import { type Answer, ask } from '../support/api-client.ts'
import type { Dice } from '../support/dice.ts'
import { eventually } from '../support/eventually.ts'
import type { TestStack } from '../support/local-stack.ts'
import { handedOver, type MailForm, mailWorkspaces, posted, type TestMessage } from './mail-messages.ts'

/** A message and what its sender knows of it. */
export interface SentMail {
  readonly message: TestMessage
  /** The form of a message without an id. Any other one comes in both. */
  readonly form: MailForm
  /** Whether another message may get its id; then no message answers it. */
  readonly isIdReused: boolean
  /** An answer said that every workspace has it. */
  isAcknowledged: boolean
  /** How many answers said that a workspace has just taken it. There is one for each workspace at most. */
  takenAnswers: number
  /** An answer said that its sender, or the sender's domain, is limited. */
  isLimited: boolean
  /** It was never acknowledged, and its last request got no answer, or one that leaves open what became of it. */
  isOpen: boolean
  /** The last of those answers, or why there was none. */
  leftOpenBy: string
}

/** The outcomes that an answer can name. `completed` and `processing`: the message was taken before. */
export const outcomes = ['processed', 'queued', 'completed', 'processing', 'limited', 'unanswered'] as const
type Outcome = (typeof outcomes)[number]
export type Tally = Record<Outcome, number>

/** The deadline of an answer. A request that waits for a killed process is given up. */
const answerDeadlineMs = 5_000
/** How long a sender tries again after everything has come back. */
const recoveryDeadlineMs = 40_000
/** The senders of one domain, which meet its limit together. */
const sendersOfDomain = 4

/**
 * One of those that send mail, to the Worker and, in the place of a Worker at another location, to the origin. Each message has its own
 * subject, so its sender can say afterwards what must be in the database, and what may be.
 */
export class MailSender {
  readonly sent: SentMail[] = []
  readonly tally: Tally = { processed: 0, queued: 0, completed: 0, processing: 0, limited: 0, unanswered: 0 }
  /** How many messages, each once for every workspace, Redis may have answered for at most. */
  redisAnswersMax = 0
  /** Answers that no sender should get. */
  readonly unexpected: string[] = []
  private readonly stack: TestStack
  private readonly number: number
  private readonly dice: Dice

  constructor(stack: TestStack, number: number, dice: Dice) {
    this.stack = stack
    this.number = number
    this.dice = dice
  }

  /**
   * Sends until the signal, and what was not answered before most of what is new. Addresses change with the era, so that limits are met in
   * each.
   */
  async send(era: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await this.sendSomething(era)
  }

  /** Sends each message without an answer once more, when everything is back: then it must be answered. */
  async sendOpenAgain(): Promise<void> {
    for (const mail of this.sent.filter(({ isOpen }) => isOpen)) {
      await eventually(
        async () => {
          await this.postToWorker(mail)
          if (mail.isOpen) throw new Error(`"${mail.message.subject}": ${mail.leftOpenBy}`)
          return true
        },
        { deadlineMs: recoveryDeadlineMs, everyMs: 100 },
      )
    }
  }

  private async sendSomething(era: number): Promise<void> {
    const { dice } = this
    const open = this.latest(({ isOpen }) => isOpen)
    if (open !== null && dice.happens(0.7)) return this.postToWorker(open)
    const turn = dice.between(1, 100)
    if (turn <= 35) return this.postToWorker(this.newMail(era, null))
    if (turn <= 45) return this.sendAnswerFirst(era)
    if (turn <= 55) return this.postToWorker(this.newMail(era, this.latest(mayBeAnswered)))
    if (turn <= 65) return this.postToWorker(this.sameIdAgain(era))
    if (turn <= 80) return this.sendAtTwoPlaces(this.latest(() => true) ?? this.newMail(era, null))
    if (turn <= 90) return this.sendAtTwoPlaces(this.newMail(era, null))
    return this.postToWorker(dice.pickOrNone(this.sent) ?? this.newMail(era, null))
  }

  /** An answer that comes before what it answers, or at the same time. */
  private async sendAnswerFirst(era: number): Promise<void> {
    const first = this.newMail(era, null, { isIdReused: false, hasId: true })
    const answer = this.newMail(era, first)
    if (this.dice.happens(0.5)) await this.postToWorker(answer)
    await Promise.all([this.postToWorker(answer), this.postToWorker(first)])
  }

  private async sendAtTwoPlaces(mail: SentMail): Promise<void> {
    const isAtOrigin = mail.message.id !== null && this.dice.happens(0.5)
    await Promise.all([
      this.postToWorker(mail),
      isAtOrigin ? this.postToOrigin(mail) : this.postToWorker(mail),
    ])
  }

  /** One of the last messages of a kind. */
  private latest(isFit: (mail: SentMail) => boolean): SentMail | null {
    return this.dice.pickOrNone(this.sent.slice(-20).filter(isFit)) ?? null
  }

  private newMail(
    era: number,
    answered: SentMail | null,
    kind = { isIdReused: this.dice.happens(0.3), hasId: this.dice.happens(0.9) },
  ): SentMail {
    const { dice } = this
    const name = `${this.number}-${this.sent.length}`
    const all = dice.shuffled(mailWorkspaces)
    const workspaces = dice.happens(0.5) ? [mailWorkspaces[0]] : all.slice(0, dice.between(1, 2))
    const message: TestMessage = {
      id: kind.hasId ? `${name}@crash-test.example` : null,
      subject: `${answered === null ? '' : 'Re: '}Message ${name}`,
      from: `sender-${this.number}@firm-${Math.floor(this.number / sendersOfDomain)}-${era}.example`,
      workspaces: answered === null ? workspaces : answered.message.workspaces,
      sentAt: new Date(),
      importance: dice.pick(['low', 'normal', 'high'] as const),
      answered: answered === null ? null : answered.message,
    }
    return this.remember(message, kind.isIdReused)
  }

  /** Another message under an id that was used before, from the same sender. */
  private sameIdAgain(era: number): SentMail {
    const used = this.latest((mail) => mail.isIdReused && mail.message.id !== null)
    if (used === null) return this.newMail(era, null, { isIdReused: true, hasId: true })
    const { message } = used
    const subject = `Message ${this.number}-${this.sent.length}, which says something else`
    return this.remember({ ...message, subject, answered: null }, true)
  }

  private remember(message: TestMessage, isIdReused: boolean): SentMail {
    const form = this.dice.pick(['json', 'mime'] as const)
    const mail = {
      message,
      form,
      isIdReused,
      isAcknowledged: false,
      takenAnswers: 0,
      isLimited: false,
      isOpen: false,
      leftOpenBy: '',
    }
    this.sent.push(mail)
    return mail
  }

  private async postToWorker(mail: SentMail): Promise<void> {
    const { message } = mail
    const form = message.id === null ? mail.form : this.dice.pick(['json', 'mime'] as const)
    const { contentType, body } = posted(message, form)
    const { worker, emailWebhookSecret } = this.stack
    const headers = { Authorization: `Bearer ${emailWebhookSecret}`, 'Content-Type': contentType }
    const outcome = await outcomeOf(mail, async () => {
      const init = { method: 'POST', headers, body }
      return this.readWorkers(mail, await ask(`${worker}/api/email-webhook`, init, answerDeadlineMs))
    })
    if (outcome !== 'processed' && outcome !== 'queued') this.redisAnswersMax += message.workspaces.length
    await this.note(mail, outcome)
  }

  private async postToOrigin(mail: SentMail): Promise<void> {
    const { origin, internalAuthKey } = this.stack
    const { method, path } = inboundEmailRoutes.takeMail
    const headers = { Authorization: `Bearer ${internalAuthKey}`, 'Content-Type': 'application/json' }
    const body = JSON.stringify(await handedOver(mail.message))
    const outcome = await outcomeOf(mail, async () =>
      readOrigins(mail, await ask(`${origin}${path}`, { method, headers, body }, answerDeadlineMs)),
    )
    await this.note(mail, outcome)
  }

  private async note(mail: SentMail, outcome: Outcome): Promise<void> {
    this.tally[outcome] += 1
    if (outcome === 'limited') mail.isLimited = true
    else if (outcome !== 'unanswered') mail.isAcknowledged = true
    if (outcome === 'processed' || outcome === 'queued') mail.takenAnswers += 1
    // Another answer to the same message may have come meanwhile.
    mail.isOpen = outcome === 'unanswered' && !mail.isAcknowledged
    if (outcome === 'unanswered') await pause(100)
  }

  private readWorkers(mail: SentMail, answer: Answer): Outcome {
    const { status, text } = answer
    const { code, state } = workersAnswerSchema.parse(JSON.parse(text))
    if (status === 202) return 'queued'
    if (status === 200) return state ?? 'processed'
    if (code === 'rate_limited') return 'limited'
    if (status < 500 && status !== 408 && status !== 429)
      this.unexpected.push(`a sender was answered ${status}: ${text}`)
    return leftOpen(mail, answer)
  }
}

const workersAnswerSchema = z.looseObject({
  code: z.string().optional(),
  state: z.enum(['processing', 'completed']).optional(),
})
const originsAnswerSchema = z.object({ data: takenMailSchema })

/** A request that fails, or whose answer is cut off, leaves open what became of the message. */
function outcomeOf(mail: SentMail, request: () => Promise<Outcome>): Promise<Outcome> {
  return request().catch((error: unknown) => {
    mail.leftOpenBy = String(error)
    return 'unanswered' as const
  })
}

function leftOpen(mail: SentMail, { status, text }: Answer): Outcome {
  mail.leftOpenBy = `${status} ${text}`
  return 'unanswered'
}

function readOrigins(mail: SentMail, answer: Answer): Outcome {
  const { status, text } = answer
  if (status !== 200) return leftOpen(mail, answer)
  const deciding = decidingOutcome(originsAnswerSchema.parse(JSON.parse(text)).data)
  return deciding.status === 'seen' ? deciding.state : deciding.status
}

function mayBeAnswered({ isIdReused, message }: SentMail): boolean {
  return !isIdReused && message.id !== null
}
