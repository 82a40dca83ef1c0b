import { parseArgs } from 'node:util'
import { decodeJwt } from 'jose'
import { z } from 'zod'
import { LocalError } from '../../origin/local/local-error.ts'
import { serviceUrl } from '../../shared/contract/service-url.ts'
import {
  type BoardId,
  boardIdSchema,
  type ColumnId,
  columnIdSchema,
  type UserId,
  userIdSchema,
  type WorkspaceId,
  workspaceIdSchema,
} from '../../shared/ids.ts'
import { validateBounds as bounds, type Pace, paces, promises } from './bounds.ts'

/** Everything that a run is given: the options of the command, and secrets from the environment. */
export interface Given {
  readonly url: string
  readonly workspaceId: WorkspaceId
  readonly isQuick: boolean
  readonly isJson: boolean
  readonly pace: Pace
  readonly deadlineSeconds: number
  readonly only: readonly string[] | null
  readonly skip: readonly string[]
  readonly tokens: {
    readonly admin: string
    /** The subject of the admin's token, and its issuer. */
    readonly userId: UserId
    readonly issuer: string
    readonly member: string | null
  }
  readonly internalAuthKey: string | null
  readonly databaseUrl: string | null
  /** Where contacts are made without a database; with one, on a board of the run's own. */
  readonly place: { readonly boardId: BoardId; readonly columnId: ColumnId } | null
  readonly allowedOrigin: string | null
  readonly withoutRedisUrl: string | null
  readonly maySpendLimit: boolean
  readonly maySwitchRollout: boolean
  readonly mayRemoveRemains: boolean
  readonly stalenessBoundMs: number
  readonly rowBoundMs: number
  readonly liveBoundMs: number
  /** Null where no threshold is given. */
  readonly thresholdsMs: {
    readonly p50: number | null
    readonly p95: number | null
    readonly p99: number | null
  }
}

export const usage = `npm run validate -- --url URL --workspace ID [options]

  --url URL                the Worker's address
  --workspace ID           the canary workspace, in which the run may write
  --quick                  fewer rounds: some seconds instead of some minutes
  --json                   print the report as JSON
  --only A,B  --skip A,B   only these checks, or all but these
  --board ID --column ID   where contacts are made without VALIDATE_DATABASE_URL
  --allowed-origin URL     an origin of ALLOWED_ORIGINS, which must be let in
  --without-redis URL      the same deployment with REDIS_ENABLED=false, whose answers must be the same
  --spend-limit            spend the limit of the canary's user, to see the 429
  --switch-rollout         put the canary on the deny list of the rollout, and take it off again
  --remove-remains         first remove the rows that a killed run left in the canary
  --staleness-bound-ms N   STALENESS_BOUND_MS of the deployment (${promises.stalenessBoundMs})
  --row-bound-ms N         from a committed row to every reader (${promises.rowBoundMs})
  --live-bound-ms N        from a committed row to a frame (${promises.liveBoundMs})
  --p50-ms N --p95-ms N --p99-ms N   thresholds of response times (none)
  --deadline-seconds N     when the run is given up (${paces.full.deadlineSeconds}, quick ${paces.quick.deadlineSeconds})

Environment: VALIDATE_TOKEN (an admin of the canary), VALIDATE_MEMBER_TOKEN, INTERNAL_AUTH_KEY, VALIDATE_DATABASE_URL; all but the first are optional.`

const wholeFrom1To = (max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(max))
const boundMs = wholeFrom1To(bounds.boundMsMax)
const names = z
  .string()
  .regex(/^[a-z-]+(,[a-z-]+)*$/)
  .transform((text) => text.split(','))
const flag = z.boolean().default(false)

const optionsSchema = z.strictObject({
  url: serviceUrl('the deployment'),
  workspace: workspaceIdSchema,
  ...{ quick: flag, json: flag, only: names.optional(), skip: names.optional() },
  ...{ board: boardIdSchema.optional(), column: columnIdSchema.optional() },
  'allowed-origin': z.url({ protocol: /^https?$/ }).optional(),
  'without-redis': serviceUrl('the deployment without Redis').optional(),
  ...{ 'spend-limit': flag, 'switch-rollout': flag, 'remove-remains': flag },
  'staleness-bound-ms': boundMs.default(promises.stalenessBoundMs),
  'row-bound-ms': boundMs.default(promises.rowBoundMs),
  'live-bound-ms': boundMs.default(promises.liveBoundMs),
  ...{ 'p50-ms': boundMs.optional(), 'p95-ms': boundMs.optional(), 'p99-ms': boundMs.optional() },
  'deadline-seconds': wholeFrom1To(bounds.deadlineSecondsMax).optional(),
})

/** An empty variable is as good as none. */
const secret = z
  .string()
  .optional()
  .transform((text) => (text ? text : null))
const environmentSchema = z.object({
  VALIDATE_TOKEN: secret,
  VALIDATE_MEMBER_TOKEN: secret,
  INTERNAL_AUTH_KEY: secret,
  VALIDATE_DATABASE_URL: secret,
})

/**
 * Reads the options and the environment. Throws a LocalError that names what is wrong, and no secret. `checkNames` are the checks that
 * there are.
 */
export function parseGiven(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  checkNames: readonly string[],
): Given {
  const options = parseOptions(args)
  const unknown = [...(options.only ?? []), ...(options.skip ?? [])].find(
    (name) => !checkNames.includes(name),
  )
  if (unknown !== undefined) throw new LocalError(`There is no check "${unknown}": ${checkNames.join(', ')}.`)
  const secrets = environmentSchema.parse(environment)
  const { board, column, quick } = options
  if ((board === undefined) !== (column === undefined))
    throw new LocalError('Give --board and --column together.')
  const pace = paces[quick ? 'quick' : 'full']
  return {
    url: options.url,
    workspaceId: options.workspace,
    ...{ isQuick: quick, isJson: options.json, pace },
    deadlineSeconds: options['deadline-seconds'] ?? pace.deadlineSeconds,
    ...{ only: options.only ?? null, skip: options.skip ?? [] },
    tokens: tokensOf(secrets),
    internalAuthKey: secrets.INTERNAL_AUTH_KEY,
    databaseUrl: secrets.VALIDATE_DATABASE_URL,
    place: board === undefined || column === undefined ? null : { boardId: board, columnId: column },
    allowedOrigin: options['allowed-origin'] ?? null,
    withoutRedisUrl: options['without-redis'] ?? null,
    maySpendLimit: options['spend-limit'],
    maySwitchRollout: options['switch-rollout'],
    mayRemoveRemains: options['remove-remains'],
    stalenessBoundMs: options['staleness-bound-ms'],
    rowBoundMs: options['row-bound-ms'],
    liveBoundMs: options['live-bound-ms'],
    thresholdsMs: {
      p50: options['p50-ms'] ?? null,
      p95: options['p95-ms'] ?? null,
      p99: options['p99-ms'] ?? null,
    },
  }
}

function parseOptions(args: readonly string[]): z.output<typeof optionsSchema> {
  const isFlag = (name: string) =>
    ['quick', 'json', 'spend-limit', 'switch-rollout', 'remove-remains'].includes(name)
  const options = Object.fromEntries(
    Object.keys(optionsSchema.shape).map((name) => [
      name,
      { type: isFlag(name) ? 'boolean' : 'string' } as const,
    ]),
  )
  let values: unknown
  try {
    values = parseArgs({ args: [...args], options }).values
  } catch {
    throw new LocalError(`An option is not known, or lacks its value.\n\n${usage}`)
  }
  const parsed = optionsSchema.safeParse(values)
  if (parsed.success) return parsed.data
  const wrong = [...new Set(parsed.error.issues.map(({ path }) => `--${String(path[0])}`))].join(', ')
  throw new LocalError(`Missing or not valid: ${wrong}.\n\n${usage}`)
}

function tokensOf(secrets: z.output<typeof environmentSchema>): Given['tokens'] {
  const admin = secrets.VALIDATE_TOKEN
  if (admin === null)
    throw new LocalError('Set VALIDATE_TOKEN to the token of an admin of the canary workspace.')
  const claims = z.object({ sub: userIdSchema, iss: z.string() }).safeParse(claimsOf(admin))
  if (!claims.success) throw new LocalError('VALIDATE_TOKEN is not a token with a subject and an issuer.')
  const { sub: userId, iss: issuer } = claims.data
  return { admin, userId, issuer, member: secrets.VALIDATE_MEMBER_TOKEN }
}

function claimsOf(token: string): unknown {
  try {
    return decodeJwt(token)
  } catch {
    return null
  }
}

/** Every text that must not appear in any output. */
export function secretsOf({ tokens, internalAuthKey, databaseUrl }: Given): string[] {
  const database = databaseUrl === null || !URL.canParse(databaseUrl) ? null : new URL(databaseUrl)
  const password = database?.password ?? ''
  return [
    tokens.admin,
    tokens.member,
    internalAuthKey,
    databaseUrl,
    password,
    decodeURIComponent(password),
  ].filter((text): text is string => text !== null && text !== '')
}
