import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, statSync, truncateSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { LocalError } from './local-error.ts'
import { type PieceChange, tell } from './piece-changes.ts'

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
  /** 60 s unless said: much more than it takes, since a machine may be busy, and one that ends is noticed at once. */
  readonly readyWithinMs?: number
  /** Called at each start and end. Unless it is given, an end that nobody asked for is printed on the console. */
  readonly onChange?: ((change: PieceChange) => void) | undefined
}

const readyWithinMsUsual = 60_000
const stopWithinMs = 10_000
const logBytesMax = 20_000_000
const logEndLines = 20
const logEndLengthMax = 4_000

/** A child process as a piece. What it prints goes to `<data>/logs/<name>.log`. */
export function createProcessPiece(command: Command): Piece {
  const { name, onChange = tell } = command
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
    onChange({ kind: 'stopped', name })
  }

  const piece: Piece = {
    get pid() {
      return child?.pid ?? null
    },
    async start() {
      const started = launch(command)
      child = started
      let isReady = false
      let ended: string | null = null
      const noteEnd = (how: string, isStarted = true) => {
        ended = isStarted ? `it ended (${how})` : how
        if (child !== started) return
        child = null
        const { pid } = started
        if (isReady && pid !== undefined) {
          onChange({ kind: 'ended', name, pid, how, logPath: logPath(command) })
        }
      }
      started.once('error', (error) => noteEnd(error.message, false))
      started.once('exit', (code, signal) => noteEnd(signal ?? `exit code ${code}`))
      await waitUntilReady(command, () => ended)
      isReady = true
      if (started.pid !== undefined) onChange({ kind: 'started', name, pid: started.pid })
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

async function waitUntilReady(command: Command, ended: () => string | null): Promise<void> {
  const { readyWithinMs = readyWithinMsUsual } = command
  const endMs = Date.now() + readyWithinMs
  while (Date.now() < endMs && ended() === null) {
    if (await command.isReady()) return
    await pause(25)
  }
  const why = ended() ?? `it was not ready within ${readyWithinMs / 1_000} s`
  const log = `${logPath(command)} ends:\n${await logEnd(command)}`
  throw new LocalError(`The ${command.name} did not start: ${why}. ${log}`)
}

/** Where the folder is gone by the time somebody reads of it, as a test's is, this is all there is to go by. */
async function logEnd(command: Command): Promise<string> {
  const text = await readFile(logPath(command), 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-logEndLines).join('\n').slice(-logEndLengthMax)
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
