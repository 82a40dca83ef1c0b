import { makeMail } from '../../origin/local/test-mail.ts'
import { liveProtocol, liveTokenPrefix } from '../../shared/contract/live.ts'
import { type ClientSocket, openSocket } from '../bench/live-socket.ts'
import { createPoster } from '../bench/mail-load.ts'
import { prepareQuestions, readWorkspaceId } from '../bench/mix-questions.ts'
import { type MixedReaders, startReaders } from '../bench/mix-readers.ts'
import { startFlood } from '../bench/mix-writes.ts'
import { caseOf, sendCase } from '../fuzz/fuzz-malformed.ts'
import type { FuzzStack } from '../fuzz/fuzz-stack.ts'
import { faultsOf } from '../fuzz/judge.ts'
import { originTargets, workerTargets } from '../fuzz/targets.ts'
import { createDice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'

interface LoadOptions {
  readonly seed: number
  readonly readersAtOnce: number
  readonly writesPerSecond: number
}

/** Everything that a deployment does, at once and at a pace that a small machine keeps. */
export interface Load {
  readonly readers: MixedReaders
  /** The work beside the reads, and its failures. */
  tallies(): ReadonlyMap<string, { readonly done: number; readonly failures: ReadonlyMap<string, number> }>
  stop(): Promise<void>
}

interface Tally {
  done: number
  readonly failures: Map<string, number>
}

const mailsPerSecond = 1
const malformedPerSecond = 4
/** Sockets that are open at once, and how long each stays. */
const socketsAtOnce = 16
const socketStaysMs = 30_000

/**
 * Reads of all resources, writes of all kinds, calls of a voice platform, mail, live boards that come and go, and malformed requests.
 * Of those only GETs are sent, because the others might pause a queue or empty a Redis, and the run would measure that.
 */
export async function startLoad({ stack, place }: FuzzStack, options: LoadOptions): Promise<Load> {
  const questions = await prepareQuestions(stack.sql)
  const flood = await startFlood(stack, options.writesPerSecond)
  const dice = createDice(createRandom(options.seed))
  const readers = startReaders(stack, questions, options.readersAtOnce, dice)
  const stopped = new AbortController()
  const own = new Map<string, Tally>()
  const poster = createPoster({
    url: `${stack.worker}/api/email-webhook`,
    headers: { Authorization: `Bearer ${stack.emailWebhookSecret}` },
    method: 'POST',
  })
  const targets = [...workerTargets(), ...originTargets()].filter(({ method }) => method === 'GET')

  async function mail(number: number): Promise<string | null> {
    const messageId = `soak-${options.seed}-${number}@soak.example`
    const from = `sender-${number % 500}@company-${number % 97}.example`
    const { body } = makeMail({ messageId, date: new Date(), from, to: stack.emailAddress })
    const { status } = await poster.post(body)
    return status === 200 || status === 202 || status === 429 ? null : String(status)
  }

  async function malformed(number: number): Promise<string | null> {
    const request = caseOf(options.seed, number, targets, false)
    // A machine under load answers late, so only what was answered is judged.
    const exchanged = { ...(await sendCase(request, place)), isHanging: false }
    const fault = faultsOf(request, exchanged).find(({ kind }) => kind !== 'no answer')
    return fault === undefined ? null : `${request.side} ${request.route}: ${fault.kind} (case ${number})`
  }

  const repeated = [
    repeat('mail', mailsPerSecond, mail),
    repeat('malformed requests', malformedPerSecond, malformed),
    ...Array.from({ length: socketsAtOnce }, (_, index) =>
      repeat('live boards', 1, () => showBoard(stack, index, stopped.signal)),
    ),
  ]

  async function repeat(
    name: string,
    perSecond: number,
    act: (number: number) => Promise<string | null>,
  ): Promise<void> {
    const tally = own.get(name) ?? { done: 0, failures: new Map<string, number>() }
    own.set(name, tally)
    for (let number = 0; !stopped.signal.aborted; number += 1) {
      const pause = new Promise((resolve) => setTimeout(resolve, 1_000 / perSecond))
      const failure = await act(number).catch((error: unknown) => String(error))
      tally.done += 1
      if (failure !== null) tally.failures.set(failure, (tally.failures.get(failure) ?? 0) + 1)
      await pause
    }
  }

  return {
    readers,
    tallies: () => new Map([...flood.tallies, ...own]),
    async stop() {
      stopped.abort()
      await Promise.all([flood.stop(), readers.stop(), ...repeated])
      poster.stop()
    },
  }
}

/** A live board for a while, which then leaves without a word. Answers what was wrong. */
async function showBoard(
  { worker, tokens }: FuzzStack['stack'],
  index: number,
  stopped: AbortSignal,
): Promise<string | null> {
  let socket: ClientSocket | null = null
  const left = Promise.withResolvers<void>()
  const opened = await openSocket({
    url: `${worker}/api/live?workspaceId=${readWorkspaceId}`,
    protocols: [liveProtocol, `${liveTokenPrefix}${tokens.otherAdmin}`],
    onText: () => undefined,
    onEnd: () => left.resolve(),
  })
  socket = opened.socket
  if (socket === null) return `a handshake with ${opened.status}`
  const question = `/api/boards/board_123/contacts?page=${1 + index}`
  socket.send(JSON.stringify({ type: 'show', id: 0, question, etag: null, version: null }))
  const stay = setTimeout(left.resolve, socketStaysMs)
  stopped.addEventListener('abort', () => left.resolve(), { once: true })
  await left.promise
  clearTimeout(stay)
  socket.drop()
  return null
}
