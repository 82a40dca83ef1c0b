import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
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
  /** Answers once the process is ready for use. */
  isReady(): Promise<boolean>
  readonly readyWithinMs: number
}

const stopWithinMs = 10_000

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
      const logs = join(command.dataDirectory, 'logs')
      mkdirSync(logs, { recursive: true })
      const log = openSync(join(logs, `${command.name}.log`), 'a')
      const started = spawn(command.command, command.args, {
        env: { ...process.env, ...command.environment },
        stdio: ['ignore', log, log, 'ipc'],
      })
      child = started
      started.once('error', () => undefined)
      started.once('exit', () => {
        if (child !== started) return
        child = null
        console.error(
          `The ${command.name} ended by itself; the rest goes on. See ${logs}/${command.name}.log.`,
        )
      })
      await waitUntilReady(command, () => child === started)
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  }
  return piece
}

async function waitUntilReady(command: Command, isAlive: () => boolean): Promise<void> {
  const endMs = Date.now() + command.readyWithinMs
  while (Date.now() < endMs && isAlive()) {
    if (await command.isReady()) return
    await pause(25)
  }
  const log = join(command.dataDirectory, 'logs', `${command.name}.log`)
  throw new LocalError(`The ${command.name} did not start; ${log} says why.`)
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

/** The port that was wished for if it is free, else one that is. */
export async function takePort(wished: number): Promise<number> {
  if (wished !== 0 && (await isPortFree(wished))) return wished
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = address === null || typeof address === 'string' ? 0 : address.port
      probe.close(() => resolve(port))
    })
  })
}

const run = promisify(execFile)

/** The command line of a process, or null when there is none. */
async function commandOf(pid: number): Promise<string | null> {
  try {
    return (await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)])).stdout.trim() || null
  } catch {
    return null
  }
}

/** The process among our children whose command line holds a word. */
export async function childPid(word: string): Promise<number | null> {
  const { stdout } = await run('ps', ['-ww', '-A', '-o', 'pid=,ppid=,command='])
  for (const line of stdout.split('\n')) {
    const [pid, parent, ...command] = line.trim().split(/\s+/)
    if (Number(parent) === process.pid && command.join(' ').includes(word)) return Number(pid)
  }
  return null
}

const pidsSchema = z.object({
  starter: z.object({ pid: z.number(), command: z.string() }),
  children: z.array(z.object({ pid: z.number(), command: z.string() })),
})

const pidsFile = (dataDirectory: string) => join(dataDirectory, 'pids.json')

/**
 * Ends what an earlier start left behind when it was killed hard. A process is ended only if its command line is
 * still the one that was written down: the number may be somebody else's by now.
 */
export async function endLeftovers(dataDirectory: string): Promise<void> {
  const text = await readFile(pidsFile(dataDirectory), 'utf8').catch(() => null)
  if (text === null) return
  const parsed = pidsSchema.safeParse(parseJson(text))
  if (!parsed.success) return
  const { starter, children } = parsed.data
  if (starter.pid !== process.pid && (await commandOf(starter.pid)) === starter.command) {
    throw new LocalError(
      `Another start (process ${starter.pid}) is using ${dataDirectory}: end it first, or choose another folder with --data.`,
    )
  }
  for (const { pid, command } of children) {
    if ((await commandOf(pid)) !== command) continue
    process.kill(pid, 'SIGCONT')
    process.kill(pid, 'SIGTERM')
    for (let waited = 0; waited < 50 && (await commandOf(pid)) === command; waited += 1) await pause(100)
    if ((await commandOf(pid)) === command) process.kill(pid, 'SIGKILL')
  }
  await rm(pidsFile(dataDirectory), { force: true })
}

/** Writes down which processes are ours, for the next start to find. */
export async function rememberProcesses(
  dataDirectory: string,
  pids: readonly (number | null)[],
): Promise<void> {
  const described = async (pid: number) => ({ pid, command: (await commandOf(pid)) ?? '' })
  const children = await Promise.all(pids.filter((pid) => pid !== null).map(described))
  const starter = await described(process.pid)
  await writeFile(pidsFile(dataDirectory), JSON.stringify({ starter, children }, null, 2))
}

export async function forgetProcesses(dataDirectory: string): Promise<void> {
  await rm(pidsFile(dataDirectory), { force: true })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
