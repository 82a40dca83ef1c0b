import { z } from 'zod'
import { faultsOf } from '../shared/contract/errors.ts'
import { serviceUrl } from '../shared/contract/service-url.ts'
import { type WorkspaceId, workspaceIdSchema } from '../shared/ids.ts'
import { limits } from '../shared/limits.ts'
import { wholeNumber } from '../shared/whole-number.ts'
import { faultsOfRedis, type RedisServerConfig, redisServersOf, redisVariables } from './redis-config.ts'
import { faultsOfRegions, type RegionsConfig, regionsOf, regionVariables } from './region-config.ts'

const flag = z.enum(['true', 'false']).transform((text) => text === 'true')
const absentWhenEmpty = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .preprocess((value) => (value === '' ? undefined : value), schema.optional())
    .transform((value) => value ?? null)

function share(fallback: string) {
  return z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be a number from 0 to 1')
    .default(fallback)
    .transform(Number)
}

/** Kept as it is: a slash at its end may matter to the receiver. */
const webhookUrl = z
  .string()
  .refine(
    (url) => serviceUrl('').safeParse(url).success,
    "must be the https URL of the alerts' receiver (http only on this machine)",
  )

/** Browser origins, spelled as browsers write them in `Origin` (RFC 6454 section 6.1): no other spelling would ever match. */
const originList = z
  .string()
  .transform((list) =>
    list
      .split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
  )
  .pipe(
    z.array(
      serviceUrl('an application whose pages may read answers').refine(
        (origin) => URL.parse(origin)?.origin === origin,
        'must be an origin: a scheme, a host in lower case, and a port if it is not the usual one',
      ),
    ),
  )

/** Standard Webhooks 1.0, "Signature scheme": a prefix and 24 to 64 bytes in base64. */
const webhookSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/, 'must be "whsec_" and 24 to 64 bytes in base64')

const variablesSchema = z
  .object({
    ORIGIN_URL: serviceUrl('the origin'),
    INTERNAL_AUTH_KEY: z.string().min(16),
    ...redisVariables,
    ...regionVariables,
    JWT_ISSUER: serviceUrl('the issuer of tokens'),
    JWT_AUDIENCE: z.string().min(1).default('authenticated'),
    JWKS_URL: absentWhenEmpty(serviceUrl("the issuer's keys")),
    SUPABASE_JWT_SECRET: absentWhenEmpty(z.string().min(32)),
    ALLOWED_ORIGINS: originList.default([]),
    STALENESS_BOUND_MS: wholeNumber(0, limits.stalenessBoundMaxMs).default(limits.stalenessBoundDefaultMs),
    STALE_IF_ERROR_SECONDS: wholeNumber(0, limits.staleIfErrorMaxSeconds).default(
      limits.staleIfErrorDefaultSeconds,
    ),
    CONSISTENCY_SAMPLE_RATE: share('0.001'),
    RATE_LIMIT_USER_MAX: wholeNumber(0, limits.rateLimitRequestsMax).default(0),
    RATE_LIMIT_WORKSPACE_MAX: wholeNumber(0, limits.rateLimitRequestsMax).default(0),
    RATE_LIMIT_WINDOW_SECONDS: wholeNumber(1, limits.rateLimitWindowMaxSeconds).default(60),
    LOG_LEVEL: z.enum(['info', 'warn', 'error', 'silent']).default('info'),
    REQUEST_LOG_SAMPLE_RATE: share('1'),
    MEMORY_CACHE_BYTES: wholeNumber(0, limits.memoryCacheBytesMax).default(limits.memoryCacheBytesDefault),
    EDGE_CACHE_ENABLED: flag.default(true),
    METRICS_TOKEN: absentWhenEmpty(z.string().min(16)),
    SUPABASE_URL: absentWhenEmpty(serviceUrl('the Supabase project')),
    SUPABASE_PUBLISHABLE_KEY: absentWhenEmpty(z.string()),
    LOCAL_STACK: flag.default(false),
    OPERATORS_WORKSPACE_ID: absentWhenEmpty(workspaceIdSchema),
    ALERT_WEBHOOK_URL: absentWhenEmpty(webhookUrl),
    ALERT_WEBHOOK_SECRET: absentWhenEmpty(webhookSecret),
    VOICE_WEBHOOK_SECRET: absentWhenEmpty(z.string().min(16)),
    VOICE_SIGNING_SECRET: absentWhenEmpty(z.string().min(16)),
    EMAIL_WEBHOOK_SECRET: absentWhenEmpty(z.string().min(16)),
    VOICE_RATE_LIMIT_NUMBER_MAX: wholeNumber(0, limits.rateLimitRequestsMax).default(
      limits.callsOfNumberDefault,
    ),
    VOICE_RATE_LIMIT_ORGANIZATION_MAX: wholeNumber(0, limits.rateLimitRequestsMax).default(
      limits.callsOfOrganizationDefault,
    ),
    LOAD_AHEAD_QUESTIONS_MAX: wholeNumber(0, limits.aheadQuestionsMax).default(limits.aheadQuestionsDefault),
    /** The platform's own name for the deployed version. */
    VERSION: z.object({ id: z.string(), tag: z.string() }).optional(),
  })
  .check((context) => {
    const { value, issues } = context
    const needs = (name: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [name], message })
    if (value.JWKS_URL === null && value.SUPABASE_JWT_SECRET === null) {
      needs('JWKS_URL', 'must be set, or else SUPABASE_JWT_SECRET: without either no token can be verified')
    }
    if ((value.SUPABASE_URL === null) !== (value.SUPABASE_PUBLISHABLE_KEY === null)) {
      needs(
        'SUPABASE_URL',
        'must be set together with SUPABASE_PUBLISHABLE_KEY, or neither of them: the dashboard signs users in with both',
      )
    }
    if (value.ALERT_WEBHOOK_URL !== null && value.ALERT_WEBHOOK_SECRET === null) {
      needs('ALERT_WEBHOOK_SECRET', 'must be set where ALERT_WEBHOOK_URL is: every message to it is signed')
    }
    for (const { name, message } of [...faultsOfRedis(value), ...faultsOfRegions(value)]) needs(name, message)
  })

/** The variables and secrets of a deployment, checked. */
export interface Config {
  readonly originUrl: string
  readonly internalAuthKey: string
  /** None where Redis is switched off. */
  readonly redis: readonly RedisServerConfig[]
  /** Null where there is one region, as usual. */
  readonly regions: RegionsConfig | null
  readonly jwt: {
    readonly issuer: string
    readonly audience: string
    readonly jwksUrl: string | null
    readonly secret: string | null
  }
  readonly allowedOrigins: readonly string[]
  readonly stalenessBoundMs: number
  readonly staleIfErrorSeconds: number
  readonly consistencySampleRate: number
  /** How many requests one user and one workspace may make in a window; 0 sets no limit. */
  readonly rateLimits: {
    readonly userMax: number
    readonly workspaceMax: number
    readonly windowSeconds: number
  }
  /** The lowest level that is logged, and the share of successful requests that is logged. */
  readonly requestLog: {
    readonly level: 'info' | 'warn' | 'error' | 'silent'
    readonly sampleRate: number
  }
  /** 0 switches the memory tier off. */
  readonly memoryCacheBytes: number
  readonly isEdgeCacheEnabled: boolean
  readonly metricsToken: string | null
  /** The Supabase project that signs the dashboard's users in; null where nobody can sign in. Both values are public. */
  readonly signIn: { readonly url: string; readonly publishableKey: string } | null
  /** The workspace whose admins operate the deployment. Null where there is none: then every admin may see its figures. */
  /** Whether this is the stack of `npm start`, whose dashboard begins with a page about what to try. */
  readonly isLocalStack: boolean
  readonly operatorsWorkspaceId: WorkspaceId | null
  /** The receiver of changes of alerts; null where there is none. */
  readonly alertWebhook: { readonly url: string; readonly secret: string } | null
  /** The voice platform's webhooks. Nobody is verified by a secret that is null. */
  readonly voice: {
    readonly secret: string | null
    readonly signingSecret: string | null
    /** How many calls of one number to an organization, and of an organization, are looked up in a window; 0 sets no limit. */
    readonly numberMax: number
    readonly organizationMax: number
  }
  /** The service that brings the deployment's mail; nobody is verified by a secret that is null. */
  readonly inboundEmail: { readonly secret: string | null }
  /** The questions of a workspace that are loaded ahead after a deploy and before its working hours; 0 for none. */
  readonly loadAheadQuestionsMax: number
  readonly version: string
}

/** Says in a sentence without values what is wrong with the configuration. No other error's message is logged. */
export class ConfigError extends Error {}

/** Reads the variables. Throws a `ConfigError` that names each variable that is wrong, and never its value. */
export function parseConfig(variables: object): Config {
  const parsed = variablesSchema.safeParse(variables)
  if (!parsed.success) {
    const faults = faultsOf(parsed.error).map(({ parameter, message }) => `${parameter} ${message}`)
    throw new ConfigError(`The Worker's configuration is not valid: ${faults.join('; ')}.`)
  }
  const value = parsed.data
  const { SUPABASE_URL: supabaseUrl, SUPABASE_PUBLISHABLE_KEY: publishableKey } = value
  const { ALERT_WEBHOOK_URL: alertUrl, ALERT_WEBHOOK_SECRET: alertSecret } = value
  return {
    originUrl: value.ORIGIN_URL,
    internalAuthKey: value.INTERNAL_AUTH_KEY,
    redis: redisServersOf(value),
    regions: regionsOf(value, value.REDIS_NAMESPACES_OFF),
    jwt: {
      issuer: value.JWT_ISSUER,
      audience: value.JWT_AUDIENCE,
      jwksUrl: value.JWKS_URL,
      secret: value.SUPABASE_JWT_SECRET,
    },
    allowedOrigins: value.ALLOWED_ORIGINS,
    stalenessBoundMs: value.STALENESS_BOUND_MS,
    staleIfErrorSeconds: value.STALE_IF_ERROR_SECONDS,
    consistencySampleRate: value.CONSISTENCY_SAMPLE_RATE,
    rateLimits: {
      userMax: value.RATE_LIMIT_USER_MAX,
      workspaceMax: value.RATE_LIMIT_WORKSPACE_MAX,
      windowSeconds: value.RATE_LIMIT_WINDOW_SECONDS,
    },
    requestLog: { level: value.LOG_LEVEL, sampleRate: value.REQUEST_LOG_SAMPLE_RATE },
    memoryCacheBytes: value.MEMORY_CACHE_BYTES,
    isEdgeCacheEnabled: value.EDGE_CACHE_ENABLED,
    metricsToken: value.METRICS_TOKEN,
    signIn: supabaseUrl !== null && publishableKey !== null ? { url: supabaseUrl, publishableKey } : null,
    isLocalStack: value.LOCAL_STACK,
    operatorsWorkspaceId: value.OPERATORS_WORKSPACE_ID,
    alertWebhook: alertUrl === null || alertSecret === null ? null : { url: alertUrl, secret: alertSecret },
    voice: {
      secret: value.VOICE_WEBHOOK_SECRET,
      signingSecret: value.VOICE_SIGNING_SECRET ?? value.VOICE_WEBHOOK_SECRET,
      numberMax: value.VOICE_RATE_LIMIT_NUMBER_MAX,
      organizationMax: value.VOICE_RATE_LIMIT_ORGANIZATION_MAX,
    },
    inboundEmail: { secret: value.EMAIL_WEBHOOK_SECRET },
    loadAheadQuestionsMax: value.LOAD_AHEAD_QUESTIONS_MAX,
    version: value.VERSION?.tag || value.VERSION?.id || 'development',
  }
}
