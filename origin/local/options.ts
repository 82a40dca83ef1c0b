import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { LocalError } from './local-error.ts'
import type { StackOptions } from './stack.ts'

export interface StartOptions
  extends Pick<
    StackOptions,
    'dataDirectory' | 'port' | 'contacts' | 'seed' | 'livelyContacts' | 'isFresh' | 'hasRedis' | 'external'
  > {
  readonly hasInspectors: boolean
  /** Whether changed files are brought into the running stack. */
  readonly isWatching: boolean
}

/** Contacts of the reference workspace (SPEC 3). */
export const referenceContacts = 191_663

/** Contacts of workspace 15214 beside a whole reference workspace. Beside a smaller one it is smaller too. */
const livelyContacts = { most: 20_000, least: 1_000 } as const

function livelyContactsBeside(contacts: number): number {
  const { most, least } = livelyContacts
  return Math.min(most, Math.max(least, Math.round((most * contacts) / referenceContacts)))
}

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

const argumentOptions = {
  port: { type: 'string' },
  contacts: { type: 'string' },
  data: { type: 'string' },
  fresh: { type: 'boolean' },
  'no-redis': { type: 'boolean' },
  seed: { type: 'string' },
  watch: { type: 'boolean' },
  inspect: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

const optionHelp: Readonly<Record<keyof typeof argumentOptions, readonly [string, string]>> = {
  watch: ['--watch', 'bring changed files into the running stack as you save them'],
  inspect: ['--inspect', 'let debuggers attach to the Worker and the origin'],
  port: ['--port N', `the Worker's port (${takes.port.preset})`],
  contacts: ['--contacts N', `contacts of the reference workspace (${takes.contacts.preset})`],
  data: ['--data FOLDER', 'where everything is kept (.local)'],
  fresh: ['--fresh', 'throw away what an earlier start has kept there'],
  'no-redis': ['--no-redis', 'run without Redis'],
  seed: ['--seed N', `seed of the reference data (${takes.seed.preset})`],
  help: ['--help', 'print this'],
}

const helpLines = Object.values(optionHelp).map(([option, meaning]) => `  ${option.padEnd(14)}  ${meaning}`)
const usage = `Give options after "npm start --":\n\n${helpLines.join('\n')}`

/** The text for `npm start -- --help`; null without that option. */
export function helpFor(args: readonly string[]): string | null {
  return args.includes('--help') ? usage : null
}

/** Reads the options of `npm start` and the environment. Throws a LocalError that names what is wrong. */
export function parseStartOptions(args: readonly string[], environment: NodeJS.ProcessEnv): StartOptions {
  const given = parseArguments(args)
  if (given.data === '') throw new LocalError('--data needs the name of a folder.')
  const contacts = parseNumber('contacts', given.contacts)
  return {
    dataDirectory: resolve(given.data ?? '.local'),
    port: parseNumber('port', given.port),
    contacts,
    livelyContacts: livelyContactsBeside(contacts),
    seed: parseNumber('seed', given.seed),
    isFresh: given.fresh ?? false,
    hasRedis: !(given['no-redis'] ?? false),
    hasInspectors: given.inspect ?? false,
    isWatching: given.watch ?? false,
    external: parseExternal(environment),
  }
}

function parseNumber(name: keyof typeof takes, text: string | undefined): number {
  const { min, max, preset } = takes[name]
  if (text === undefined) return preset
  const parsed = z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(min).max(max)).safeParse(text)
  if (parsed.success) return parsed.data
  throw new LocalError(`--${name} must be a whole number from ${min} to ${max}, not "${text}".`)
}

/** Node's own parser decides what is wrong. The sentence is ours, because Node's differ from version to version. */
function parseArguments(args: readonly string[]) {
  const { tokens } = parseArgs({
    args: [...args],
    options: argumentOptions,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind === 'positional') throw new LocalError(`"${token.value}" is not an option. ${usage}`)
    if (token.kind !== 'option') continue
    const option = z.enum(Object.keys(argumentOptions)).safeParse(token.name)
    if (!option.success) throw new LocalError(`There is no option ${token.rawName}. ${usage}`)
  }
  try {
    return parseArgs({ args: [...args], options: argumentOptions }).values
  } catch {
    // Known options only: one lacks its value, or has one that it does not take.
    throw new LocalError(`An option lacks its value, or has a value that it does not take. ${usage}`)
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

/** Reads variables that are only useful together. */
function allOrNone<Name extends string>(
  environment: NodeJS.ProcessEnv,
  variables: Record<Name, string>,
): Record<Name, string> | null {
  const names = Object.values<string>(variables)
  const missing = names.filter((name) => !environment[name])
  if (missing.length === names.length) return null
  if (missing.length > 0) {
    throw new LocalError(
      `The environment sets some of ${names.join(', ')}, but not ${missing.join(', ')}. Set all of them or none.`,
    )
  }
  const values = Object.entries<string>(variables).map(([key, name]) => [key, environment[name] ?? ''])
  return Object.fromEntries(values) as Record<Name, string>
}
