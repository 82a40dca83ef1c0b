import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const variable = 'BOARDCACHE_TEST_RUN_FOLDER'

/** Linux's file system in memory, its magic number (statfs(2)), and what a whole run needs there at most. */
const inMemory = {
  path: '/dev/shm',
  type: 0x01021994,
  freeBytesMin: 4 * 2 ** 30,
  availableBytesMin: 8 * 2 ** 30,
}

/**
 * Makes the folder that the processes of a test run share, in memory if there is room. It is removed with the run. If the run is
 * killed, the next one removes what would keep its memory.
 */
export function makeRunFolder(): void {
  const isInMemory = process.env['TMPDIR'] === undefined && hasRoomInMemory()
  if (isInMemory) removeLeftBehind(inMemory.path)
  const parent = isInMemory ? inMemory.path : tmpdir()
  const folder = mkdtempSync(join(parent, `boardcache-run-${process.pid}-`))
  // If root starts the tests, Postgres runs as the user postgres, who must be able to enter this folder.
  chmodSync(folder, 0o755)
  process.env[variable] = folder
  // The processes of a run load the same modules again and again. Node keeps them compiled, their types stripped, for the next.
  process.env['NODE_COMPILE_CACHE'] ??= join(folder, 'compiled')
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
}

/**
 * Each database has more than 2,000 files. On ext4, making a file after many others were deleted is slow for minutes: Linux
 * looks for an inode that was not freed lately (recently_deleted in fs/ext4/ialloc.c), which took a sixth of the time
 * of a whole run. In memory it costs nothing.
 */
function hasRoomInMemory(): boolean {
  if (process.platform !== 'linux' || !existsSync(inMemory.path)) return false
  const { type, bavail, bsize } = statfsSync(inMemory.path)
  return (
    type === inMemory.type &&
    bavail * bsize >= inMemory.freeBytesMin &&
    process.availableMemory() >= inMemory.availableBytesMin
  )
}

/** Removes the folders of runs whose process has ended, as far as they belong to this user. */
function removeLeftBehind(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = Number(/^boardcache-run-(\d+)-/.exec(name)?.[1])
    if (pid > 0 && !existsSync(`/proc/${pid}`) && statSync(join(parent, name)).uid === process.getuid?.())
      rmSync(join(parent, name), { recursive: true, force: true })
  }
}

/** Null outside of a test run: in a benchmark, or in a test that an editor runs. */
export function runFolder(): string | null {
  return process.env[variable] ?? null
}

/**
 * A folder for what a test starts. It is inside the run's folder, because a Postgres that an interrupted run left
 * behind ends within a minute of losing its folder. If root starts the tests, Postgres runs as the user postgres, who
 * must be able to enter it.
 */
export async function makeDataDirectory(): Promise<string> {
  const folder = await mkdtemp(join(runFolder() ?? tmpdir(), 'boardcache-test-'))
  await chmod(folder, 0o755)
  return folder
}
