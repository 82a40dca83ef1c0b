import { createConnection, type Socket } from 'node:net'
import { type HttpAnswer, HttpAnswers } from './http-answers.ts'

/**
 * How a request ends. `answer`: everything is sent, and the answers are read. `half-close`: this side says that it
 * will send no more. `cut`: the connection is torn down after everything is sent. `wait`: the connection stays open
 * and silent until the server gives up.
 */
export type Ending = 'answer' | 'half-close' | 'cut' | 'wait'

interface Sending {
  readonly port: number
  /** Each piece is written separately, so that the server may receive them apart. */
  readonly pieces: readonly Buffer[]
  readonly ending: Ending
  /** The methods of the requests in `pieces`. As many answers are read, and an answer to HEAD has no body. */
  readonly methods: readonly string[]
  readonly deadlineMs: number
}

/** The answers on one connection. */
export interface Exchange {
  readonly answers: readonly HttpAnswer[]
  /** Whether the deadline passed without an answer for each request and without an end by the server. */
  readonly isHanging: boolean
  /** Whether the server sent bytes that are no HTTP answer. */
  readonly isGarbled: boolean
}

/** Sends bytes unchanged over a connection of their own, and reads the server's answers. Never rejects. */
export function exchange({ port, pieces, ending, methods, deadlineMs }: Sending): Promise<Exchange> {
  return new Promise((resolve) => {
    const answers = new HttpAnswers(methods)
    const socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true })
    let isSettled = false
    const settle = (isHanging: boolean) => {
      if (isSettled) return
      isSettled = true
      clearTimeout(deadline)
      socket.destroy()
      resolve({ answers: answers.all, isHanging, isGarbled: answers.isGarbled })
    }
    const deadline = setTimeout(() => settle(true), deadlineMs)
    socket.setNoDelay(true)
    socket.on('data', (chunk) => {
      answers.take(chunk)
      if (answers.isDone && ending !== 'cut') settle(false)
    })
    socket.once('end', () => {
      answers.end()
      settle(false)
    })
    // A server that refuses a body may close the connection while the body is still being sent. That alone is no
    // fault.
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
    socket.once('connect', () => void send(socket, pieces, ending))
  })
}

async function send(socket: Socket, pieces: readonly Buffer[], ending: Ending): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return
    await new Promise<void>((written) => socket.write(piece, () => written()))
    await new Promise((next) => setImmediate(next))
  }
  if (ending === 'half-close') socket.end()
  if (ending === 'cut') socket.resetAndDestroy()
}
