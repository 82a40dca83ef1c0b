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

function wholeNumber(min: number, max: number, fallback: number) {
  return z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(min).max(max)).default(fallback)
}

const takes = {
  port: wholeNumber(1, 65_535, 8787),
  contacts: wholeNumber(0, 10_000_000, referenceContacts),
  seed: wholeNumber(0, 2_147_483_647, 1),
}

/** The options of `npm start` and the environment, checked. Throws a sentence that names what is wrong. */
export function parseStartOptions(args: readonly string[], environment: NodeJS.ProcessEnv): StartOptions {
  const given = parseArguments(args)
  const number = (name: keyof typeof takes): number => {
    const parsed = takes[name].safeParse(given[name])
    if (!parsed.success)
      throw new LocalError(`--${name} takes a whole number, and ${given[name]} is none that fits.`)
    return parsed.data
  }
  return {
    dataDirectory: resolve(given.data ?? '.local'),
    port: number('port'),
    contacts: number('contacts'),
    seed: number('seed'),
    isFresh: given.fresh ?? false,
    hasRedis: !(given['no-redis'] ?? false),
    external: parseExternal(environment),
  }
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
    databaseUrl: environment['DATABASE_URL'] || null,
    redis: allOrNone(environment, { url: 'UPSTASH_REDIS_REST_URL', token: 'UPSTASH_REDIS_REST_TOKEN' }),
    supabase: allOrNone(environment, {
      url: 'SUPABASE_URL',
      publishableKey: 'SUPABASE_PUBLISHABLE_KEY',
      secretKey: 'SUPABASE_SECRET_KEY',
      jwtSecret: 'SUPABASE_JWT_SECRET',
    }),
  }
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
