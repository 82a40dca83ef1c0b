import { createConnection, type Socket } from 'node:net'
import { type HttpAnswer, HttpAnswers } from './http-answers.ts'

/**
 * How a request ends. `answer`: all is sent, and the answers are read. `half-close`: nothing more will be sent, which the
 * server can see. `cut`: the connection is torn down once all is sent. `wait`: the connection stays open and silent, so
 * that it is for the server to give it up.
 */
export type Ending = 'answer' | 'half-close' | 'cut' | 'wait'

interface Sending {
  readonly port: number
  /** Each is written for itself, so that the server may see them apart. */
  readonly pieces: readonly Buffer[]
  readonly ending: Ending
  /** The methods of the requests in `pieces`: so many answers are read, and one to HEAD has no body. */
  readonly methods: readonly string[]
  readonly deadlineMs: number
}

/** What came back on one connection. */
export interface Exchange {
  readonly answers: readonly HttpAnswer[]
  /** Nothing had ended it at the deadline: neither an answer for each request nor the server. */
  readonly isHanging: boolean
  /** Bytes that are no HTTP answer. */
  readonly isGarbled: boolean
}

/** Sends bytes as they are over a connection of their own, and reads what the server answers. Never rejects. */
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
    // A server that refuses a body may close while it is still being sent: that is no fault in itself.
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
