import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, statSync, truncateSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startDeadline } from './busy-deadline.ts'
import { endOf } from './child-ends.ts'
import { LocalError } from './local-error.ts'
import { type PieceChange, printChange, titleOf } from './piece-changes.ts'

/** A process of the stack that can be stopped and started again on the same port. */
export interface Piece {
  /** Its process id; null while it is stopped, and for a service that this stack did not start. */
  readonly pid: number | null
  start(): Promise<void>
  stop(): Promise<void>
  /** Ends it like a crash: without warning and without clean-up. */
  kill(): Promise<void>
  /** SIGSTOP and SIGCONT. A paused process exists and does not answer. */
  pause(): void
  resume(): void
}

interface Command {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly dataDirectory: string
  /** The user that it runs as; by default the user of this process. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** The signal that makes it end in good order; by default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
  /** For Node processes of this project: a channel that closes when this process is gone, so that they end too. */
  readonly hearsStarter?: boolean
  /** Whether the process is ready for use. Called again until it is. */
  isReady(): Promise<boolean>
  /** By default 60 s, far more than a start takes, because the machine may be busy. A process that ends is noticed at once. */
  readonly readyWithinMs?: number
  /**
   * How many times it is started if it runs and does not get ready in time; by default once. Of some thousand starts of Supabase's
   * interface one waits for a connection for ever.
   */
  readonly startsMax?: number
  /** Called at each start and end. By default the console prints an end that happened without a command. */
  readonly onChange?: ((change: PieceChange) => void) | undefined
}

const readyWithinMsUsual = 60_000
const stopWithinMs = 10_000
const logBytesMax = 20_000_000
const logEndLines = 20
const logEndLengthMax = 4_000

/** A child process as a piece. Its output goes to `<data>/logs/<name>.log`. */
export function createProcessPiece(command: Command): Piece {
  const { name, onChange = printChange } = command
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

  async function startOnce(): Promise<void> {
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
    started.once('exit', (code, signal) => noteEnd(endOf(code, signal)))
    await waitUntilReady(command, started.pid, () => ended)
    isReady = true
    if (started.pid !== undefined) onChange({ kind: 'started', name, pid: started.pid })
  }

  const piece: Piece = {
    get pid() {
      return child?.pid ?? null
    },
    async start() {
      for (let starts = 1; ; starts += 1) {
        try {
          return await startOnce()
        } catch (error) {
          // One that has ended would end again.
          if (child === null || starts >= (command.startsMax ?? 1)) throw error
          await end('SIGKILL')
        }
      }
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
    // Ctrl-C in a terminal signals the whole process group. These processes must end one after the other instead.
    detached: true,
    ...user,
  })
  closeSync(log)
  return started
}

/** The file to which a process's output is appended. It is emptied first if it has grown too large. */
export function logPathFor({ dataDirectory, name }: Pick<Command, 'dataDirectory' | 'name'>): string {
  mkdirSync(join(dataDirectory, 'logs'), { recursive: true })
  const path = logPath({ dataDirectory, name })
  const lengthBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (lengthBytes >= logBytesMax) truncateSync(path)
  return path
}

const logPath = ({ dataDirectory, name }: Pick<Command, 'dataDirectory' | 'name'>) =>
  join(dataDirectory, 'logs', `${name}.log`)

async function waitUntilReady(
  command: Command,
  pid: number | undefined,
  ended: () => string | null,
): Promise<void> {
  const { readyWithinMs = readyWithinMsUsual } = command
  const deadline = startDeadline(readyWithinMs)
  while (!deadline.hasPassed() && ended() === null) {
    if (await command.isReady()) return
    await pause(25)
  }
  const why = ended() ?? `it was not ready within ${readyWithinMs / 1_000} s${await stateOf(pid)}`
  const log = `${logPath(command)} ends:\n${await logEnd(command)}`
  throw new LocalError(`${titleOf(command.name)} did not start: ${why}. ${log}`)
}

/** The state of a process by Linux: a letter (R runs, S waits, T is paused), and the processor time that it has had. */
async function stateOf(pid: number | undefined): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // Behind the name, which may contain anything (proc(5), fields 3, 14 and 15 in hundredths of a second).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields.length < 13) return ''
  return ` (state ${fields[0]}, ${(Number(fields[11]) + Number(fields[12])) / 100} s of processor time)`
}

/** The end of the log goes into the error, because a test's folder is gone by the time somebody reads the error. */
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
