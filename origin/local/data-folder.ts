import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { LocalError } from './local-error.ts'
import { postmasterPid } from './postgres.ts'
import { childrenOf, commandOf, signalIfThere } from './running-processes.ts'

/** A data folder that no other start can use until it is released. */
export interface DataFolder {
  /** Notes processes of this start, so that the next start can end them if this one is killed. */
  remember(pids: readonly (number | null)[]): Promise<void>
  /** Removes everything that a stack keeps in it. */
  empty(): Promise<void>
  release(): Promise<void>
}

const processSchema = z.object({ pid: z.int().positive(), command: z.string().min(1) })
const pidsSchema = z.object({ starter: processSchema, children: z.array(processSchema) })
type Noted = z.output<typeof processSchema>

/** Everything that a stack keeps in its folder. Other files are never touched: the folder may hold anything else too. */
const contents = [
  ...['postgres', 'postgres.made', 'redis', 'worker', 'dashboard'],
  ...['logs', 'local.json', 'stack.json'],
]
const pidsFile = (dataDirectory: string) => join(dataDirectory, 'pids.json')

/**
 * Takes a data folder and makes it if it is missing. Throws a LocalError while another start uses it. Processes that an earlier
 * start left running when it was killed are ended.
 */
export async function takeDataFolder(dataDirectory: string): Promise<DataFolder> {
  await makeFolder(dataDirectory)
  await endLeftovers(dataDirectory)
  const starter = await describe(process.pid)
  const children: Noted[] = []
  const write = () => writeWhole(pidsFile(dataDirectory), { starter, children })
  // One write at a time: two would share one draft.
  let written = write()
  await written
  const note = async (pids: readonly (number | null)[]) => {
    for (const pid of pids) {
      if (pid !== null && !children.some((child) => child.pid === pid)) children.push(await describe(pid))
    }
    await write()
  }
  return {
    remember(pids) {
      written = written.catch(() => undefined).then(() => note(pids))
      return written
    },
    async empty() {
      for (const name of contents) await rm(join(dataDirectory, name), { recursive: true, force: true })
    },
    release: () => rm(pidsFile(dataDirectory), { force: true }),
  }
}

/** Writes JSON that only its owner can read. A reader sees the old file or the new one, never half of it. */
export async function writeWhole(path: string, content: unknown): Promise<void> {
  const draft = `${path}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  await rename(draft, path)
}

async function makeFolder(dataDirectory: string): Promise<void> {
  try {
    const made = await mkdir(dataDirectory, { recursive: true })
    // Against a strict umask: Postgres may run as a user of its own, and that user has to reach its folder.
    if (made !== undefined) await chmod(dataDirectory, 0o755)
  } catch {
    throw new LocalError(
      `The data folder ${dataDirectory} cannot be created. Choose another folder with --data.`,
    )
  }
}

async function describe(pid: number): Promise<Noted> {
  return { pid, command: (await commandOf(pid)) ?? 'ended' }
}

/** Ends a process only if its command line is still the noted one: its number may belong to another process by now. */
async function endLeftovers(dataDirectory: string): Promise<void> {
  const text = await readFile(pidsFile(dataDirectory), 'utf8').catch(() => '')
  const noted = pidsSchema.safeParse(parseJson(text))
  if (noted.success) {
    const { starter, children } = noted.data
    if (starter.pid !== process.pid && (await commandOf(starter.pid)) === starter.command) {
      throw new LocalError(
        `A stack is already running on ${dataDirectory} (process ${starter.pid}). Stop it with Ctrl-C, or choose another folder with --data and another port with --port.`,
      )
    }
    await Promise.all(children.map((child) => endNoted(child, 'SIGTERM')))
  }
  await endPostgres(join(dataDirectory, 'postgres'))
}

/**
 * Postgres keeps a note of its own from before it is ready. A stale note must go, or Postgres refuses to start when its number
 * belongs to another process by now.
 */
async function endPostgres(databaseDirectory: string): Promise<void> {
  const pid = await postmasterPid(databaseDirectory)
  if (pid === null) return
  const command = await commandOf(pid)
  if (command?.includes(databaseDirectory)) {
    const children = await childrenOf(pid)
    // SIGINT is its fast shutdown. SIGTERM would wait until every client has left.
    await endNoted({ pid, command }, 'SIGINT')
    for (const child of children) signalIfThere(child.pid, 'SIGKILL')
  } else if (command?.includes('postgres')) return
  await rm(join(databaseDirectory, 'postmaster.pid'), { force: true })
}

async function endNoted({ pid, command }: Noted, signal: NodeJS.Signals): Promise<void> {
  const isRunning = async () => (await commandOf(pid)) === command
  for (const each of [signal, 'SIGKILL'] as const) {
    if (!(await isRunning())) return
    signalIfThere(pid, 'SIGCONT')
    signalIfThere(pid, each)
    for (let waited = 0; waited < 100 && (await isRunning()); waited += 1) await pause(50)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
