import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { LocalError } from './local-error.ts'
import { postmasterPid } from './postgres.ts'
import { childrenOf, commandOf, signalIfThere } from './running-processes.ts'

/** A data folder that is this start's alone until it is given back. */
export interface DataFolder {
  /** Writes down a process of ours, for the next start to end if this one is killed hard. */
  remember(pids: readonly (number | null)[]): Promise<void>
  /** Removes all that a stack has kept in it. */
  empty(): Promise<void>
  release(): Promise<void>
}

const processSchema = z.object({ pid: z.int().positive(), command: z.string().min(1) })
const pidsSchema = z.object({ starter: processSchema, children: z.array(processSchema) })
type Noted = z.output<typeof processSchema>

/** All that a stack keeps in its folder. Nothing else there is ever touched: the folder may be anybody's. */
const contents = ['postgres', 'postgres.made', 'redis', 'worker', 'logs', 'local.json', 'stack.json']
const pidsFile = (dataDirectory: string) => join(dataDirectory, 'pids.json')

/**
 * Takes a data folder, made if it is not there: refused while another start is using it; what one that was killed hard
 * left running is ended.
 */
export async function takeDataFolder(dataDirectory: string): Promise<DataFolder> {
  await makeFolder(dataDirectory)
  await endLeftovers(dataDirectory)
  const starter = await describe(process.pid)
  const children: Noted[] = []
  const write = () => writeWhole(pidsFile(dataDirectory), { starter, children })
  await write()
  return {
    async remember(pids) {
      for (const pid of pids) {
        if (pid !== null && !children.some((child) => child.pid === pid)) children.push(await describe(pid))
      }
      await write()
    },
    async empty() {
      for (const name of contents) await rm(join(dataDirectory, name), { recursive: true, force: true })
    },
    release: () => rm(pidsFile(dataDirectory), { force: true }),
  }
}

/** JSON readable by its owner alone, written whole or not at all. */
export async function writeWhole(path: string, content: unknown): Promise<void> {
  const draft = `${path}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  await rename(draft, path)
}

async function makeFolder(dataDirectory: string): Promise<void> {
  try {
    const made = await mkdir(dataDirectory, { recursive: true })
    // Whatever the umask: Postgres, when it runs as a user of its own, has to get through to its folder.
    if (made !== undefined) await chmod(dataDirectory, 0o755)
  } catch {
    throw new LocalError(`The data folder ${dataDirectory} cannot be made: choose another with --data.`)
  }
}

async function describe(pid: number): Promise<Noted> {
  return { pid, command: (await commandOf(pid)) ?? 'ended' }
}

/** A process is ended only if its command line is still the one noted: the number may be somebody else's by now. */
async function endLeftovers(dataDirectory: string): Promise<void> {
  const text = await readFile(pidsFile(dataDirectory), 'utf8').catch(() => '')
  const noted = pidsSchema.safeParse(parseJson(text))
  if (noted.success) {
    const { starter, children } = noted.data
    if (starter.pid !== process.pid && (await commandOf(starter.pid)) === starter.command) {
      throw new LocalError(
        `Another start (process ${starter.pid}) is using ${dataDirectory}: end it first, or choose another folder with --data.`,
      )
    }
    await Promise.all(children.map((child) => endNoted(child, 'SIGTERM')))
  }
  await endPostgres(join(dataDirectory, 'postgres'))
}

/** Postgres keeps its own note, from before it was ready. A stale one must go: the number may live on as another's. */
async function endPostgres(databaseDirectory: string): Promise<void> {
  const pid = await postmasterPid(databaseDirectory)
  if (pid === null) return
  const command = await commandOf(pid)
  if (command?.includes(databaseDirectory)) {
    const children = await childrenOf(pid)
    // SIGINT is its fast shutdown; SIGTERM would wait for every client to leave.
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
