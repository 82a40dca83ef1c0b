import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parseSync } from 'vite'
import { unstable_readConfig } from 'wrangler'
import { buildDashboard } from '../../origin/local/dashboard-build.ts'
import { checkDeployments, deploymentSchema } from './deployment-rules.ts'
import { projectFolder, runTool } from './run-tool.ts'

/** Cloudflare takes 3 MiB compressed on the free plan; a larger bundle also starts later. */
const bundleGzipBytesMax = 1_048_576

/** The environments of wrangler.toml; the empty name is the top level, which is production. */
const environments = ['', 'staging'] as const

/** Holds wrangler.toml to its rules and bundles each environment as a deployment would, without deploying. */
export async function checkDeploy(configPath = 'wrangler.toml'): Promise<boolean> {
  // wrangler looks for the folder of the assets before it builds what belongs there.
  await buildDashboard()
  const deployments = environments.map((env) =>
    deploymentSchema.parse(unstable_readConfig({ config: configPath, ...(env === '' ? {} : { env }) })),
  )
  const { errors, warnings } = checkDeployments(deployments, await exportedClasses())
  for (const warning of warnings) console.log(`still to be filled in: ${warning}`)
  for (const error of errors) console.error(`error: ${error}`)
  let sound = errors.length === 0
  for (const environment of environments) sound = (await bundle(configPath, environment)) && sound
  return sound
}

/** All that the Worker's entry exports by name: a Worker's named exports are its Durable Object classes. */
async function exportedClasses(): Promise<string[]> {
  const path = 'worker/index.ts'
  const { module } = parseSync(path, await readFile(join(projectFolder, path), 'utf8'), { lang: 'ts' })
  return module.staticExports
    .flatMap(({ entries }) => entries)
    .filter(({ isType }) => !isType)
    .flatMap(({ exportName }) =>
      exportName.kind === 'Name' && exportName.name !== null ? [exportName.name] : [],
    )
}

async function bundle(configPath: string, environment: string): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'boardcache-bundle-'))
  const name = environment === '' ? 'production' : environment
  try {
    const { exitCode, stdout, stderr } = await runTool(
      'wrangler',
      ['deploy', '--dry-run', '--config', configPath, '--env', environment, '--outdir', folder],
      {
        environment: {
          WRANGLER_SEND_METRICS: 'false',
          WRANGLER_HIDE_BANNER: 'true',
          WRANGLER_WRITE_LOGS: 'false',
        },
      },
    )
    if (exitCode !== 0) {
      console.error(`error: ${name} does not bundle\n${stdout}${stderr}`)
      return false
    }
    const { bytes, gzipBytes } = await sizeOf(folder)
    console.log(
      `${name}: bundle of ${kib(bytes)}, ${kib(gzipBytes)} gzip (at most ${kib(bundleGzipBytesMax)})`,
    )
    if (gzipBytes <= bundleGzipBytesMax) return true
    console.error(`error: the bundle of ${name} is too large`)
    return false
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function sizeOf(folder: string): Promise<{ bytes: number; gzipBytes: number }> {
  const modules = (await readdir(folder)).filter((name) => /\.(js|mjs|wasm)$/.test(name))
  if (modules.length === 0) throw new Error('the dry run wrote no module')
  const contents = await Promise.all(modules.map((name) => readFile(join(folder, name))))
  return {
    bytes: contents.reduce((sum, content) => sum + content.length, 0),
    gzipBytes: contents.reduce((sum, content) => sum + gzipSync(content).length, 0),
  }
}

function kib(bytes: number): string {
  return `${(bytes / 1_024).toFixed(0)} KiB`
}

if (import.meta.main) {
  try {
    if (!(await checkDeploy())) process.exitCode = 1
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
