import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkDeploy } from './deploy-check.ts'
import { projectFolder } from './run-tool.ts'

/** A wrangler.toml in which everything is filled in. It would be accepted, and its names reach no real service. */
export function filledIn(text: string): string {
  return text
    .replaceAll(/\bexample\b/g, 'filled-in')
    .replaceAll(/"0{16}[0-9a-f]{16}"/g, `"${'a1b2c3d4'.repeat(4)}"`)
}

/** A configuration that is stored in another folder. Its paths are changed so that they still lead to the project. */
export function asSeenFromElsewhere(text: string): string {
  return text
    .replace(/^(main|directory) = "/gm, (_, name: string) => `${name} = "${projectFolder}`)
    .replace(/^\[build\]$/m, `[build]\ncwd = "${projectFolder}"`)
}

/** Writes the text to a file of that name in a folder of its own, and passes its path to `use`. */
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
 * `npm run deploy:proof` is for CI. It proves that `npm run deploy:check` accepts this wrangler.toml once it is
 * filled in, and bundles what would be deployed with it, and that it refuses the same file with one value left to
 * fill in. It says nothing about whether anything may be deployed.
 */
if (import.meta.main) {
  const complete = filledIn(await readFile(join(projectFolder, 'wrangler.toml'), 'utf8'))
  const lacking = complete.replace(/^ORIGIN_URL = .*$/m, 'ORIGIN_URL = "https://origin.example.com"')
  const check = (text: string) => withConfig(text, (config) => checkDeploy({ config, environment: '' }))
  const isRefused = !(await check(lacking))
  const isTaken = await check(complete)
  if (!isRefused) console.error('error: deploy:check accepted a configuration with a value left to fill in')
  if (!isTaken) console.error('error: deploy:check refused a configuration that is filled in')
  if (isRefused && isTaken)
    console.log('deploy:check accepts the filled-in configuration and refuses the other one')
  else process.exitCode = 1
}
