import { z } from 'zod'
import type { TokenSettings } from '../shared/auth/bearer.ts'
import { faultsOf } from '../shared/contract/errors.ts'
import { isLoopbackHost, serviceUrl } from '../shared/contract/service-url.ts'
import type { WorkspaceId } from '../shared/ids.ts'
import { workspaceIdSchema } from '../shared/ids.ts'
import { limits } from '../shared/limits.ts'
import type { Result } from '../shared/result.ts'
import { err, ok } from '../shared/result.ts'
import { wholeNumber } from '../shared/whole-number.ts'
import type { RateLimitSettings } from './auth/rate-limits.ts'
import type { FileSettings } from './files/file-settings.ts'
import { fileSettingsOf, fileVariables } from './files/file-settings.ts'
import type { OutboundSettings } from './outbound/outbound-settings.ts'
import { outboundSettingsOf, outboundVariables } from './outbound/outbound-settings.ts'
import type { QueueSettings } from './queues/backend.ts'

/** The origin's configuration. Nothing else in the origin reads the environment. */
export interface Config {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  readonly supabaseUrl: string
  readonly supabasePublishableKey: string
  readonly internalAuthKey: string
  /** The issuer whose tokens are accepted, the same as the Worker's. */
  readonly tokens: TokenSettings
  readonly rateLimits: RateLimitSettings
  /** The relay's settings. Null: no relay runs here, and no call is made as the service role. */
  readonly relay: { readonly workerUrl: string; readonly supabaseSecretKey: string } | null
  /** Where webhooks and jobs may be sent. */
  readonly outbound: OutboundSettings
  /** Where the files of imports and exports are kept. Null: there are no imports in the background and no exports. */
  readonly files: FileSettings | null
  /** The workspace whose admins operate the deployment, as for the Worker. Null: only holders of the internal key do. */
  readonly operatorsWorkspaceId: WorkspaceId | null
  /** The deployment's name for itself, as its health shows it. */
  readonly environment: string
  /** The login of the board of the queues. Null: there is no board. */
  readonly board: { readonly username: string; readonly password: string } | null
  /** The work in the background. Null: there are no queues, and health says so. */
  readonly queues: QueueSettings | null
  readonly queriesAtOnceMax: number
  readonly queriesWaitingMax: number
  readonly queryDeadlineMs: number
  readonly logLevel: z.output<typeof logLevelSchema>
}

const logLevelSchema = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])

/** The port of Supabase's transaction pooler, which drops what a session listens for. */
const transactionPoolerPort = '6543'

const databaseUrlSentence =
  'must be the postgres:// address of the database itself or of its session pooler (port 5432, not the transaction pooler), ' +
  'with sslmode=verify-full unless it is on this machine'
const databaseUrlSchema = z.string().refine((text) => {
  const url = URL.parse(text)
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.port === transactionPoolerPort)
    return false
  return url.searchParams.get('sslmode') === 'verify-full' || isLoopbackHost(url.hostname)
}, databaseUrlSentence)

/** A variable that must be set. The same sentence says that it is missing or too short, and never repeats its value. */
function required(charactersMin: number, sentence: string) {
  return z.string(sentence).min(charactersMin, sentence)
}

const environmentSchema = z.object({
  HOST: z.string().min(1, 'must be an address to listen on').default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(8788),
  SUPABASE_URL: serviceUrl('the Supabase project'),
  SUPABASE_PUBLISHABLE_KEY: required(1, "must be the Supabase project's publishable key (sb_publishable_…)"),
  INTERNAL_AUTH_KEY: required(16, 'must be the key shared with the Worker, at least 16 characters'),
  JWT_ISSUER: serviceUrl("the issuer of the users' tokens, as they name it"),
  JWT_AUDIENCE: z.string().default('authenticated'),
  JWKS_URL: serviceUrl("the issuer's public keys").optional(),
  SUPABASE_JWT_SECRET: required(32, 'must be the secret of HS256 tokens, at least 32 characters').optional(),
  RATE_LIMIT_USER_MAX: wholeNumber(0, limits.rateLimitRequestsMax).default(limits.rateLimitUserDefault),
  RATE_LIMIT_WORKSPACE_MAX: wholeNumber(0, limits.rateLimitRequestsMax).default(
    limits.rateLimitWorkspaceDefault,
  ),
  RATE_LIMIT_WINDOW_SECONDS: wholeNumber(1, limits.rateLimitWindowMaxSeconds).default(
    limits.rateLimitWindowDefaultSeconds,
  ),
  WORKER_URL: serviceUrl('the Worker').optional(),
  OPERATORS_WORKSPACE_ID: workspaceIdSchema.optional(),
  ENVIRONMENT: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'must be a name of lower-case letters, digits and "-"')
    .default('production'),
  BULL_BOARD_USERNAME: z.string().max(100, 'must have at most 100 characters').optional(),
  BULL_BOARD_PASSWORD: required(
    limits.boardPasswordCharactersMin,
    `must be the password of the board of the queues, at least ${limits.boardPasswordCharactersMin} characters`,
  ).optional(),
  SUPABASE_SECRET_KEY: z.string().optional(),
  QUERIES_AT_ONCE: wholeNumber(limits.queriesAtOnceMin, 1_000).default(limits.queriesAtOnceDefault),
  QUERIES_WAITING: wholeNumber(0, 100_000).default(limits.queriesWaitingDefault),
  // The Worker stops waiting for the origin after originDeadlineMs, so a later answer would be lost.
  QUERY_DEADLINE_MS: wholeNumber(1, limits.originDeadlineMs - 1).default(limits.queryDeadlineMs),
  QUEUE_DATABASE_URL: databaseUrlSchema.optional(),
  QUEUE_WORKERS: z.enum(['true', 'false'], 'must be true or false').default('false'),
  QUEUE_DRAIN_SECONDS: wholeNumber(0, 3_600).default(limits.jobsDrainMs / 1_000),
  LOG_LEVEL: logLevelSchema.default('info'),
  ...outboundVariables,
  ...fileVariables,
})

/** Reads the environment. The error has one sentence for each variable at fault and never repeats a value. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Result<Config, string> {
  const isSet = ([, value]: [string, string | undefined]) => value !== undefined && value !== ''
  const parsed = environmentSchema.safeParse(Object.fromEntries(Object.entries(environment).filter(isSet)))
  if (!parsed.success) {
    const faults = faultsOf(parsed.error).map(({ parameter, message }) => `${parameter} ${message}.`)
    return err(faults.join('\n'))
  }
  const variables = parsed.data
  const { WORKER_URL: workerUrl, SUPABASE_SECRET_KEY: supabaseSecretKey } = variables
  if ((workerUrl === undefined) !== (supabaseSecretKey === undefined)) {
    const missing = workerUrl === undefined ? 'WORKER_URL' : 'SUPABASE_SECRET_KEY'
    return err(
      `${missing} must be set too, because the relay needs WORKER_URL and SUPABASE_SECRET_KEY. Without a relay set neither.`,
    )
  }
  const { BULL_BOARD_USERNAME: username, BULL_BOARD_PASSWORD: password } = variables
  if ((username === undefined) !== (password === undefined)) {
    const missing = username === undefined ? 'BULL_BOARD_USERNAME' : 'BULL_BOARD_PASSWORD'
    return err(
      `${missing} must be set too, because the board of the queues has a login of its own. Without a board set neither.`,
    )
  }
  const { JWKS_URL: jwksUrl = null, SUPABASE_JWT_SECRET: jwtSecret = null } = variables
  if (jwksUrl === null && jwtSecret === null) {
    return err(
      'JWKS_URL or SUPABASE_JWT_SECRET must be set, as for the Worker, because tokens are verified with one of them.',
    )
  }
  const outbound = outboundSettingsOf(variables)
  if (outbound === null) {
    return err('QUEUE_HANDLER_URL and QUEUE_HANDLER_SECRET must be set together, or neither.')
  }
  const files = fileSettingsOf(variables, supabaseSecretKey !== undefined)
  if (files?.kind === 'error') return err(files.sentence)
  return ok({
    host: variables.HOST,
    port: variables.PORT,
    supabaseUrl: variables.SUPABASE_URL,
    supabasePublishableKey: variables.SUPABASE_PUBLISHABLE_KEY,
    internalAuthKey: variables.INTERNAL_AUTH_KEY,
    tokens: { issuer: variables.JWT_ISSUER, audience: variables.JWT_AUDIENCE, jwksUrl, jwtSecret },
    rateLimits: {
      userMax: variables.RATE_LIMIT_USER_MAX,
      workspaceMax: variables.RATE_LIMIT_WORKSPACE_MAX,
      windowSeconds: variables.RATE_LIMIT_WINDOW_SECONDS,
    },
    relay:
      workerUrl === undefined || supabaseSecretKey === undefined ? null : { workerUrl, supabaseSecretKey },
    outbound,
    files,
    operatorsWorkspaceId: variables.OPERATORS_WORKSPACE_ID ?? null,
    environment: variables.ENVIRONMENT,
    board: username === undefined || password === undefined ? null : { username, password },
    queues:
      variables.QUEUE_DATABASE_URL === undefined
        ? null
        : {
            databaseUrl: variables.QUEUE_DATABASE_URL,
            runsHere: variables.QUEUE_WORKERS === 'true',
            drainMs: variables.QUEUE_DRAIN_SECONDS * 1_000,
          },
    queriesAtOnceMax: variables.QUERIES_AT_ONCE,
    queriesWaitingMax: variables.QUERIES_WAITING,
    queryDeadlineMs: variables.QUERY_DEADLINE_MS,
    logLevel: variables.LOG_LEVEL,
  })
}
