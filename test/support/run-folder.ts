import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const variable = 'BOARDCACHE_TEST_RUN_FOLDER'

/** Makes the folder that the processes of a test run share. It is removed with the run, however that ends. */
export function makeRunFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), 'boardcache-run-'))
  // If root starts the tests, Postgres runs as the user postgres, who must be able to enter this folder.
  chmodSync(folder, 0o755)
  process.env[variable] = folder
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
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
