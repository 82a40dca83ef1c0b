import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { LocalError } from './local-error.ts'
import type { StackOptions } from './stack.ts'

export type StartOptions = Pick<
  StackOptions,
  'dataDirectory' | 'port' | 'contacts' | 'seed' | 'isFresh' | 'hasRedis' | 'external'
>

/** Contacts of the reference workspace (SPEC 3). */
export const referenceContacts = 191_663

interface WholeNumber {
  readonly min: number
  readonly max: number
  readonly preset: number
}

const takes = {
  port: { min: 1, max: 65_535, preset: 8787 },
  contacts: { min: 0, max: 10_000_000, preset: referenceContacts },
  seed: { min: 0, max: 2_147_483_647, preset: 1 },
} as const satisfies Record<string, WholeNumber>

/** The options of `npm start` and the environment, checked. Throws a sentence that names what is wrong. */
export function parseStartOptions(args: readonly string[], environment: NodeJS.ProcessEnv): StartOptions {
  const given = parseArguments(args)
  if (given.data === '') throw new LocalError('--data takes the name of a folder.')
  return {
    dataDirectory: resolve(given.data ?? '.local'),
    port: parseNumber('port', given.port),
    contacts: parseNumber('contacts', given.contacts),
    seed: parseNumber('seed', given.seed),
    isFresh: given.fresh ?? false,
    hasRedis: !(given['no-redis'] ?? false),
    external: parseExternal(environment),
  }
}

function parseNumber(name: keyof typeof takes, text: string | undefined): number {
  const { min, max, preset } = takes[name]
  if (text === undefined) return preset
  const parsed = z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(min).max(max)).safeParse(text)
  if (parsed.success) return parsed.data
  throw new LocalError(`--${name} takes a whole number from ${min} to ${max}, not "${text}".`)
}

function parseArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        contacts: { type: 'string' },
        seed: { type: 'string' },
        data: { type: 'string' },
        fresh: { type: 'boolean' },
        'no-redis': { type: 'boolean' },
      },
    }).values
  } catch (error) {
    const why = error instanceof Error ? error.message.split('. ')[0] : 'unknown option'
    throw new LocalError(
      `${why}: the options are --port N, --contacts N, --data DIR, --fresh, --no-redis and --seed N.`,
    )
  }
}

function parseExternal(environment: NodeJS.ProcessEnv): StartOptions['external'] {
  return {
    databaseUrl: parseDatabaseUrl(environment['DATABASE_URL']),
    redis: allOrNone(environment, { url: 'UPSTASH_REDIS_REST_URL', token: 'UPSTASH_REDIS_REST_TOKEN' }),
    supabase: allOrNone(environment, {
      url: 'SUPABASE_URL',
      publishableKey: 'SUPABASE_PUBLISHABLE_KEY',
      secretKey: 'SUPABASE_SECRET_KEY',
      jwtSecret: 'SUPABASE_JWT_SECRET',
    }),
  }
}

function parseDatabaseUrl(text: string | undefined): string | null {
  if (text === undefined || text === '') return null
  if (z.url({ protocol: /^postgres(ql)?$/ }).safeParse(text).success) return text
  throw new LocalError('DATABASE_URL must look like postgres://user:password@host:port/database.')
}

/** Variables that make sense only together. */
function allOrNone<Name extends string>(
  environment: NodeJS.ProcessEnv,
  variables: Record<Name, string>,
): Record<Name, string> | null {
  const names = Object.values<string>(variables)
  const missing = names.filter((name) => !environment[name])
  if (missing.length === names.length) return null
  if (missing.length > 0)
    throw new LocalError(`${missing.join(', ')} must be set too, or none of ${names.join(', ')}.`)
  const values = Object.entries<string>(variables).map(([key, name]) => [key, environment[name] ?? ''])
  return Object.fromEntries(values) as Record<Name, string>
}
