import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, statSync, truncateSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { LocalError } from './local-error.ts'

/** A part of the stack that can be taken away and brought back, on the same port. */
export interface Piece {
  /** The process that does the work; null while it is stopped, or where it is not ours. */
  readonly pid: number | null
  start(): Promise<void>
  stop(): Promise<void>
  /** As a crash would: no warning, no clean-up. */
  kill(): Promise<void>
  /** SIGSTOP and SIGCONT: the process is there and does not answer. */
  pause(): void
  resume(): void
}

interface Command {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly dataDirectory: string
  /** Whom it runs as; ours unless said. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** The signal on which it ends in good order; SIGTERM unless said. */
  readonly stopSignal?: NodeJS.Signals
  /** A Node process of ours: it hears over a channel when the starter is gone. */
  readonly hearsStarter?: boolean
  /** Answers once the process is ready for use. */
  isReady(): Promise<boolean>
  readonly readyWithinMs: number
}

const stopWithinMs = 10_000
const logBytesMax = 20_000_000

/** A child process as a piece. What it prints goes to `<data>/logs/<name>.log`. */
export function createProcessPiece(command: Command): Piece {
  let child: ChildProcess | null = null

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child
    if (ending === null) return
    child = null
    if (ending.exitCode !== null || ending.signalCode !== null) return
    const ended = once(ending, 'exit')
    ending.kill('SIGCONT')
    ending.kill(signal)
    const forced = setTimeout(() => ending.kill('SIGKILL'), stopWithinMs)
    await ended
    clearTimeout(forced)
  }

  const piece: Piece = {
    get pid() {
      return child?.pid ?? null
    },
    async start() {
      const started = launch(command)
      child = started
      let isReady = false
      const noteEnd = () => {
        if (child !== started) return
        child = null
        if (isReady)
          console.error(`The ${command.name} ended by itself; the rest goes on. ${seeLog(command)}`)
      }
      started.once('error', noteEnd)
      started.once('exit', noteEnd)
      await waitUntilReady(command, () => child === started)
      isReady = true
    },
    stop: () => end(command.stopSignal ?? 'SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  }
  return piece
}

function launch(command: Command): ChildProcess {
  const { environment, user, hearsStarter } = command
  const log = openSync(logPathFor(command), 'a')
  const started = spawn(command.command, command.args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', log, log, ...(hearsStarter === true ? (['ipc'] as const) : [])],
    // Ctrl-C in a terminal goes to the whole group: ours end in their turn, not all at once.
    detached: true,
    ...user,
  })
  closeSync(log)
  return started
}

/** Where what `name` says is appended to; what is there already goes once it is too much. */
export function logPathFor({ dataDirectory, name }: Pick<Command, 'dataDirectory' | 'name'>): string {
  mkdirSync(join(dataDirectory, 'logs'), { recursive: true })
  const path = logPath({ dataDirectory, name })
  const lengthBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (lengthBytes >= logBytesMax) truncateSync(path)
  return path
}

const logPath = ({ dataDirectory, name }: Pick<Command, 'dataDirectory' | 'name'>) =>
  join(dataDirectory, 'logs', `${name}.log`)
const seeLog = (command: Command) => `${logPath(command)} says why.`

async function waitUntilReady(command: Command, isAlive: () => boolean): Promise<void> {
  const endMs = Date.now() + command.readyWithinMs
  while (Date.now() < endMs && isAlive()) {
    if (await command.isReady()) return
    await pause(25)
  }
  throw new LocalError(`The ${command.name} did not start; ${seeLog(command)}`)
}

/** Whether an HTTP address answers at all, within a short while. */
export async function answersHttp(url: string, headers: Record<string, string> = {}): Promise<boolean> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(2_000) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

/** Whether nobody listens on a loopback port. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

/** Below the ports that systems give to outgoing connections: one of those could take it before it is listened on. */
const ownPorts = { min: 10_000, max: 32_767 } as const

/** The port that was wished for if it is free, else one that is. */
export async function takePort(wished: number): Promise<number> {
  if (wished !== 0 && (await isPortFree(wished))) return wished
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(ownPorts.min, ownPorts.max + 1)
    if (await isPortFree(port)) return port
  }
  throw new LocalError(`No port from ${ownPorts.min} to ${ownPorts.max} was found free.`)
}
