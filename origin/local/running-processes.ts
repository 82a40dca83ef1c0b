import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

interface RunningProcess {
  readonly pid: number
  readonly parentPid: number
  /** The command line, its words with a space between them. */
  readonly command: string
}

/** Small Linux machines have no `ps`, but /proc says the same. */
const hasProc = existsSync('/proc/self/stat')

/** The command line of a process, or null when there is none. */
export async function commandOf(pid: number): Promise<string | null> {
  if (hasProc) return (await readProc(pid))?.command ?? null
  return (await listByPs()).find((running) => running.pid === pid)?.command ?? null
}

/** The running children of a process. */
export async function childrenOf(parentPid: number): Promise<RunningProcess[]> {
  const all = hasProc ? await listByProc() : await listByPs()
  return all.filter((running) => running.parentPid === parentPid)
}

/** Signals a process. If it has just ended, nothing happens. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function listByProc(): Promise<RunningProcess[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger)
  const read = await Promise.all(pids.map(readProc))
  return read.filter((running) => running !== null)
}

/** The codes that proc(5) has for a process that is not there, or ends while it is read. */
const isGone: ReadonlySet<unknown> = new Set(['ENOENT', 'ESRCH'])

/** proc(5): the parent is the fourth field of `stat`, the second after the name, which may contain brackets itself. */
async function readProc(pid: number): Promise<RunningProcess | null> {
  try {
    const [stat, words] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ])
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended. Its parent has not noticed yet.
    if (state === 'Z') return null
    return { pid, parentPid: Number(parent), command: words.split('\0').join(' ').trim() }
  } catch (error) {
    // Every other error, such as too many open files, says nothing about the process.
    if (error instanceof Error && 'code' in error && isGone.has(error.code)) return null
    throw error
  }
}

const run = promisify(execFile)

async function listByPs(): Promise<RunningProcess[]> {
  const { stdout } = await run('ps', ['-ww', '-A', '-o', 'pid=,ppid=,command='])
  return stdout.split('\n').flatMap((line) => {
    const [pid, parent, ...command] = line.trim().split(/\s+/)
    return command.length === 0
      ? []
      : [{ pid: Number(pid), parentPid: Number(parent), command: command.join(' ') }]
  })
}
