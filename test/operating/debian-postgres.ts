import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { appendFile, chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { takePort } from '../../origin/local/ports.ts'

/*
 * A Postgres from Debian's packages. The local stack's own Postgres is newer than Debian's pg_dump, which refuses it, and it comes without a
 * pg_dump of its own.
 */

const run = promisify(execFile)
const versions = '/usr/lib/postgresql'
const password = 'local'

export interface DebianPostgres {
  readonly url: string
  /** The folder of pg_dump, pg_restore and psql of the server's version. */
  readonly programs: string
  stop(): Promise<void>
}

/** The programs of the newest version that has a server and what backs it up, or null. */
export function debianPrograms(): string | null {
  const found = (existsSync(versions) ? readdirSync(versions) : [])
    .toSorted((one, other) => Number(other) - Number(one))
    .map((version) => join(versions, version, 'bin'))
    .find((folder) =>
      ['initdb', 'pg_ctl', 'pg_dump', 'pg_restore', 'psql'].every((name) => existsSync(join(folder, name))),
    )
  return found ?? null
}

/** An empty database in a new folder inside the given one, as hosted Supabase's is: UTF-8, with a password. */
export async function startDebianPostgres(programs: string, within: string): Promise<DebianPostgres> {
  const folder = join(within, 'debian-postgres')
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  await mkdir(folder)
  await writeFile(passwordFile, password)
  // Postgres refuses to run as root.
  const user = process.getuid?.() === 0 ? await userNamed('postgres') : null
  if (user !== null) {
    await chown(folder, user.uid, user.gid)
    await chown(passwordFile, user.uid, user.gid)
  }
  const start = (name: string, args: readonly string[]) =>
    run(join(programs, name), [...args], { ...(user ?? {}), cwd: folder, env: { LC_ALL: 'C', TZ: 'UTC' } })
  const port = await takePort(0)
  await start('initdb', [
    ...['-D', data, '-U', 'postgres', '--auth=password', `--pwfile=${passwordFile}`, '--no-sync'],
    ...['--encoding=UTF8', '--locale=C', '--lc-ctype=C.UTF-8'],
  ])
  // As fast as the test databases, which need not survive a loss of power.
  const settings = `
port = ${port}
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
full_page_writes = off
`
  await appendFile(join(data, 'postgresql.conf'), settings)
  await start('pg_ctl', ['-D', data, '-l', join(folder, 'log'), '-w', 'start'])
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    programs,
    async stop() {
      await start('pg_ctl', ['-D', data, '-m', 'immediate', '-w', 'stop'])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function userNamed(name: string): Promise<{ uid: number; gid: number }> {
  const idOf = async (flag: string) => Number((await run('id', [flag, name])).stdout)
  return { uid: await idOf('-u'), gid: await idOf('-g') }
}
