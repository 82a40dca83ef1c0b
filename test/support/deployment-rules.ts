import { z } from 'zod'
import { isLoopbackHost } from '../../shared/contract/service-url.ts'
import { parseConfig } from '../../worker/config.ts'

/** An environment of wrangler.toml as wrangler reads it, with the members that the rules use by name. */
export const deploymentSchema = z.looseObject({
  name: z.string(),
  vars: z.record(z.string(), z.string()),
  kv_namespaces: z.array(z.object({ binding: z.string(), id: z.string() })),
  durable_objects: z.object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) }),
  migrations: z.array(z.object({ tag: z.string(), new_sqlite_classes: z.array(z.string()).default([]) })),
  ratelimits: z
    .array(z.object({ name: z.string(), simple: z.object({ limit: z.number(), period: z.number() }) }))
    .default([]),
  version_metadata: z.object({ binding: z.string() }).optional(),
})

export type Deployment = z.output<typeof deploymentSchema>

/** Tokens that are set together with the URLs of the same names. */
const redisNames = [
  ...['UPSTASH_REDIS_SECOND', 'SESSIONS_REDIS', 'CACHE_REDIS', 'CACHE_REDIS_SECOND'],
  ...['RATE_LIMIT_REDIS', 'RATE_LIMIT_REDIS_SECOND', 'EMAIL_CACHE_REDIS', 'EMAIL_CACHE_REDIS_SECOND'],
]
const optionalRedisTokens = Object.fromEntries(
  redisNames.map((name) => [`${name}_TOKEN`, 'a stand-in for the token of a Redis']),
)

/**
 * The secrets that are set with `wrangler secret put`, each with a stand-in of the form that the configuration
 * requires.
 */
const secretStandIns: Readonly<Record<string, string>> = {
  INTERNAL_AUTH_KEY: 'a stand-in for the internal key',
  UPSTASH_REDIS_REST_TOKEN: 'a stand-in for the Redis token',
  ...optionalRedisTokens,
  REGIONS_REDIS_TOKENS: '',
  SUPABASE_JWT_SECRET: 'a stand-in for the secret of legacy tokens',
  METRICS_TOKEN: 'a stand-in for the token of the metrics',
  VOICE_WEBHOOK_SECRET: 'a stand-in for the voice secret',
  VOICE_SIGNING_SECRET: 'a stand-in for the signing secret',
  EMAIL_WEBHOOK_SECRET: 'a stand-in for the mail secret',
  ALERT_WEBHOOK_SECRET: `whsec_${'c3RhbmQtaW4g'.repeat(4)}`,
}

/**
 * The mistakes in each environment and between them: all must bind and set the same names. `exportedClasses` are the
 * Durable Object classes of the Worker's entry, which each environment must bind.
 */
export function checkDeployments(
  deployments: readonly Deployment[],
  exportedClasses: readonly string[] = [],
): string[] {
  const errors = deployments.flatMap((deployment) =>
    errorsOf(deployment, exportedClasses).map(at(deployment)),
  )
  return [...errors, ...differences(deployments)]
}

/** The values that still have to be filled in before this environment can be deployed, wherever they are in it. */
export function stillToFillIn(deployment: Deployment): string[] {
  return textsOf(deployment, [])
    .filter(({ path }) => !ofThisMachine.has(path[0] ?? ''))
    .filter(
      ({ path, text }) => isStandIn(text) || isNoNamespaceId(path, text) || isLoopbackService(path, text),
    )
    .map(({ path, text }) => `${path.join('.')} = "${text}" is still to be filled in`)
    .map(at(deployment))
}

/** Paths and commands of the machine that deploys. They are not part of the deployment. */
const ofThisMachine = new Set([
  ...['configPath', 'userConfigPath', 'main', 'base_dir', 'tsconfig', 'build', 'assets', 'dev', 'rules'],
])

interface Text {
  readonly path: readonly string[]
  readonly text: string
}

function textsOf(value: unknown, path: readonly string[]): Text[] {
  if (typeof value === 'string') return [{ path, text: value }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => textsOf(member, [...path, name]))
}

/**
 * Recognizes values that no deployment can have: names and hosts that documentation reserves (RFC 2606), words that
 * stand for a value to come, text in angle brackets, and ids of zeros.
 */
function isStandIn(text: string): boolean {
  return (
    standInWord.test(text) ||
    /<[^>]+>|^0{16}|^todo$/i.test(text) ||
    text.split(',').some((each) => /\.(test|invalid|localhost)\.?$/.test(hostOf(each)))
  )
}

/**
 * Such a word between characters that are neither letters nor digits: "example-staging", "sb_publishable_example",
 * "your-project-ref".
 */
const standInWord =
  /(?<![a-z\d])(example|placeholder|change[-_]?me|replace[-_]?me|fill[-_]?me[-_]?in|your[-_][a-z\d]+|x{3,})(?![a-z\d])/i

/** In lower case, as `URL` writes it, or '' if there is none. */
function hostOf(text: string): string {
  return URL.parse(text.trim())?.hostname ?? ''
}

function isNoNamespaceId([list, , name]: readonly string[], text: string): boolean {
  return list === 'kv_namespaces' && name === 'id' && !/^[0-9a-f]{32}$/.test(text)
}

/**
 * A page that is developed on this machine may read a deployment's answers, but a deployment can reach no service
 * here.
 */
function isLoopbackService([list, name]: readonly string[], text: string): boolean {
  return list === 'vars' && name !== 'ALLOWED_ORIGINS' && isLoopbackHost(hostOf(text))
}

function errorsOf(deployment: Deployment, exportedClasses: readonly string[]): string[] {
  return [
    ...configurationErrors(deployment),
    ...unknownVariables(deployment),
    ...unlikeLimits(deployment),
    ...unmigratedClasses(deployment, exportedClasses),
  ]
}

/**
 * Runs the Worker's own parser of its configuration, and so finds what the Worker would refuse at its first request.
 */
function configurationErrors({ vars }: Deployment): string[] {
  try {
    const unset = redisNames.filter((name) => !vars[`${name}_URL`]).map((name) => [`${name}_TOKEN`, ''])
    const REGIONS_REDIS_TOKENS = regionTokens(vars['REGIONS'])
    parseConfig({ ...secretStandIns, ...Object.fromEntries(unset), REGIONS_REDIS_TOKENS, ...vars })
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

const withRedisSchema = z.array(z.looseObject({ name: z.string(), redisUrl: z.string().optional() }))

/** A stand-in for the tokens of the regions that have a Redis. The Worker's parser says it if the regions are not valid. */
function regionTokens(regions = ''): string {
  try {
    const named = withRedisSchema.parse(JSON.parse(regions)).filter(({ redisUrl }) => redisUrl !== undefined)
    return JSON.stringify(Object.fromEntries(named.map(({ name }) => [name, 'a stand-in for a token'])))
  } catch {
    return ''
  }
}

/** The platform's limits replace ours while Redis is down, so they must refuse the same requests. */
function unlikeLimits({ vars, ratelimits }: Deployment): string[] {
  return ratelimits.flatMap(({ name, simple: { limit, period } }) => {
    const variable = `RATE_LIMIT_${name.replace(/_RATE_LIMIT$/, '')}_MAX`
    const isAlike =
      vars[variable] === '0' ||
      (vars[variable] === String(limit) && vars['RATE_LIMIT_WINDOW_SECONDS'] === String(period))
    return isAlike ? [] : [`${name} allows ${limit} in ${period} s, and ${variable} says otherwise`]
  })
}

function unknownVariables({ vars }: Deployment): string[] {
  const read = namesReadByTheWorker()
  const faults: string[] = []
  for (const name of Object.keys(vars)) {
    if (Object.hasOwn(secretStandIns, name)) faults.push(`${name} is a secret and must not be a variable`)
    else if (!read.has(name)) faults.push(`the Worker does not read the variable ${name}`)
  }
  for (const name of read) {
    if (!Object.hasOwn(vars, name) && !Object.hasOwn(secretStandIns, name)) {
      faults.push(`the Worker reads ${name}, which is neither a variable nor a known secret`)
    }
  }
  return faults
}

/** The ledger and the metrics store their state in SQL, which only classes in `new_sqlite_classes` have. */
function unmigratedClasses(
  { durable_objects, migrations }: Deployment,
  exportedClasses: readonly string[],
): string[] {
  const migrated = new Set(migrations.flatMap((migration) => migration.new_sqlite_classes))
  const bound = durable_objects.bindings.map(({ class_name }) => class_name)
  return [...new Set([...bound, ...exportedClasses])]
    .filter((name) => !migrated.has(name))
    .map((name) => `no migration makes the Durable Object class ${name} with SQLite storage`)
}

function differences(deployments: readonly Deployment[]): string[] {
  const [first, ...others] = deployments.map((deployment) => ({ deployment, names: namesOf(deployment) }))
  if (first === undefined) return ['there is no environment']
  return others.flatMap(({ deployment, names }) => [
    ...missing(first.names, names)
      .map((name) => `${name} is missing, ${first.deployment.name} has it`)
      .map(at(deployment)),
    ...missing(names, first.names)
      .map((name) => `${name} is missing, ${deployment.name} has it`)
      .map(at(first.deployment)),
  ])
}

function namesOf({
  vars,
  kv_namespaces,
  durable_objects,
  migrations,
  ratelimits,
  version_metadata,
}: Deployment): Set<string> {
  return new Set([
    ...Object.keys(vars).map((name) => `the variable ${name}`),
    ...kv_namespaces.map(({ binding }) => `the KV namespace ${binding}`),
    ...durable_objects.bindings.map(({ name, class_name }) => `the Durable Object ${name} (${class_name})`),
    ...migrations.map(
      ({ tag, new_sqlite_classes }) => `the migration ${tag} (${new_sqlite_classes.join(', ')})`,
    ),
    ...ratelimits.map(({ name }) => `the rate limit ${name}`),
    ...(version_metadata === undefined ? [] : [`the version metadata ${version_metadata.binding}`]),
  ])
}

function missing(wanted: ReadonlySet<string>, present: ReadonlySet<string>): string[] {
  return [...wanted].filter((name) => !present.has(name))
}

/** Every variable and secret that the Worker reads from its environment. */
/** The platform's metadata of the deployed version: a binding of wrangler.toml, and neither a variable nor a secret. */
const versionBinding = 'VERSION'

function namesReadByTheWorker(): Set<string> {
  const names = new Set<string>()
  const asked = new Proxy<Record<string, string>>(
    {},
    {
      get(_, name) {
        if (typeof name === 'string' && /^[A-Z_]+$/.test(name) && name !== versionBinding) names.add(name)
        return undefined
      },
    },
  )
  try {
    parseConfig(asked)
  } catch {
    // The configuration is incomplete on purpose. Only the names that it reads matter.
  }
  return names
}

function at(deployment: Deployment): (fault: string) => string {
  return (fault) => `${deployment.name}: ${fault}`
}
