import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const variable = 'BOARDCACHE_TEST_RUN_FOLDER'

/** Makes the folder that the processes of a test run share; it goes with the run, however that ends. */
export function makeRunFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), 'boardcache-run-'))
  // Started by root, Postgres runs as the user postgres and must get through to what is in it.
  chmodSync(folder, 0o755)
  process.env[variable] = folder
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
}

/** Null outside of a test run: in a benchmark, or in a test that an editor runs. */
export function runFolder(): string | null {
  return process.env[variable] ?? null
}

/**
 * A folder for what a test starts: a Postgres, which, started by root, runs as the user postgres, must get through to it. In
 * the run's own: a Postgres that a broken off run has left behind ends within a minute of losing its folder.
 */
export async function makeDataDirectory(): Promise<string> {
  const folder = await mkdtemp(join(runFolder() ?? tmpdir(), 'boardcache-test-'))
  await chmod(folder, 0o755)
  return folder
}
