import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkDeploy } from './deploy-check.ts'
import { projectFolder } from './run-tool.ts'

/** The text of a wrangler.toml with what is still to be filled in it filled in: it would be taken, and reach nobody. */
export function filledIn(text: string): string {
  return text
    .replaceAll(/\bexample\b/g, 'filled-in')
    .replaceAll(/"0{16}[0-9a-f]{16}"/g, `"${'a1b2c3d4'.repeat(4)}"`)
}

/** The text of a configuration that lies elsewhere: what it names by a path is the project's. */
export function asSeenFromElsewhere(text: string): string {
  return text
    .replace(/^(main|directory) = "/gm, (_, name: string) => `${name} = "${projectFolder}`)
    .replace(/^\[build\]$/m, `[build]\ncwd = "${projectFolder}"`)
}

/** Writes the text to a file of that name in a folder of its own, and gives its path to `use`. */
export async function withConfig<Value>(text: string, use: (path: string) => Promise<Value>): Promise<Value> {
  const folder = await mkdtemp(join(tmpdir(), 'boardcache-config-'))
  try {
    const path = join(folder, 'wrangler.toml')
    await writeFile(path, asSeenFromElsewhere(text))
    return await use(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * `npm run deploy:proof`, for CI: that `npm run deploy:check` takes this wrangler.toml once it is filled in, and bundles
 * what is deployed with it; and that it refuses the same with one thing left to fill in. It says nothing of whether
 * anything may be deployed.
 */
if (import.meta.main) {
  const complete = filledIn(await readFile(join(projectFolder, 'wrangler.toml'), 'utf8'))
  const lacking = complete.replace(/^ORIGIN_URL = .*$/m, 'ORIGIN_URL = "https://origin.example.com"')
  const check = (text: string) => withConfig(text, (config) => checkDeploy({ config, environment: '' }))
  const isRefused = !(await check(lacking))
  const isTaken = await check(complete)
  if (!isRefused) console.error('error: a configuration with something left to fill in was taken')
  if (!isTaken) console.error('error: a configuration that is filled in was refused')
  if (isRefused && isTaken) console.log('the check of deployments refuses and takes what it should')
  else process.exitCode = 1
}
