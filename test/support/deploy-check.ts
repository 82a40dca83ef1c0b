import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { parseSync } from 'vite'
import { unstable_readConfig } from 'wrangler'
import { buildDashboard } from '../../origin/local/dashboard-build.ts'
import { faultsOf } from '../../shared/contract/errors.ts'
import { checkDeployments, type Deployment, deploymentSchema, stillToFillIn } from './deployment-rules.ts'
import { projectFolder, runTool } from './run-tool.ts'

/** Cloudflare accepts 3 MiB compressed on the free plan. A larger bundle also starts more slowly. */
const bundleGzipBytesMax = 1_048_576

export interface DeployCheck {
  readonly config: string
  /** The environment that is about to be deployed. The empty name is the top level, which is production. */
  readonly environment: string
}

/**
 * Checks wrangler.toml against its rules, and that nothing is left to fill in for the environment that is about to be
 * deployed. Then it bundles each environment as a deployment would, without deploying.
 */
export async function checkDeploy({ config, environment }: DeployCheck): Promise<boolean> {
  const environments = ['', ...(readEnvironment(config, '').definedEnvironments ?? [])]
  if (!environments.includes(environment)) {
    console.error(`error: ${config} has no environment "${environment}"`)
    return false
  }
  const deployments = environments.map((name) => parseEnvironment(config, name))
  const deployed = parseEnvironment(config, environment)
  const errors = [...checkDeployments(deployments, await exportedClasses()), ...stillToFillIn(deployed)]
  for (const error of errors) console.error(`error: ${error}`)
  if (errors.length > 0) return false
  // wrangler looks for the folder of the assets before it runs the build that makes it.
  await buildDashboard()
  let isSound = true
  for (const name of environments) isSound = (await bundle(config, name)) && isSound
  return isSound
}

/** The empty name is passed too, because without a name wrangler would use the one in CLOUDFLARE_ENV. */
function readEnvironment(config: string, environment: string) {
  return unstable_readConfig({ config, env: environment })
}

/** Parses the environment for the rules. Throws a sentence for each setting of another form. */
function parseEnvironment(config: string, environment: string): Deployment {
  const parsed = deploymentSchema.safeParse(readEnvironment(config, environment))
  if (parsed.success) return parsed.data
  const faults = faultsOf(parsed.error).map(({ parameter, message }) => `${parameter} ${message}`)
  throw new Error(`${config}: ${faults.join('; ')}`)
}

/** The names that the Worker's entry exports. A Worker's named exports are its Durable Object classes. */
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

/** The arguments of `wrangler deploy` that decide what is deployed, and so what is checked. */
function readArguments(): DeployCheck {
  const { values } = parseArgs({
    options: { config: { type: 'string', short: 'c' }, env: { type: 'string', short: 'e' } },
  })
  return {
    config: values.config ?? 'wrangler.toml',
    environment: values.env ?? process.env['CLOUDFLARE_ENV'] ?? '',
  }
}

if (import.meta.main) {
  try {
    if (!(await checkDeploy(readArguments()))) process.exitCode = 1
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
