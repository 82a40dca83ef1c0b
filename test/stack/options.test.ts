import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { helpFor, parseStartOptions } from '../../origin/local/options.ts'

const supabase = {
  SUPABASE_URL: 'https://project.supabase.co',
  SUPABASE_PUBLISHABLE_KEY: 'publishable',
  SUPABASE_SECRET_KEY: 'secret',
  SUPABASE_JWT_SECRET: 'jwt',
}

describe('the options of npm start', () => {
  it('are by default the reference data on the usual port', () => {
    expect(parseStartOptions([], {})).toEqual({
      dataDirectory: resolve('.local'),
      port: 8787,
      contacts: 191_663,
      livelyContacts: 20_000,
      seed: 1,
      isFresh: false,
      hasRedis: true,
      hasInspectors: false,
      isWatching: false,
      external: { databaseUrl: null, redis: null, supabase: null },
    })
  })

  it('are taken from the command line', () => {
    const args =
      '--port 9000 --contacts 0 --seed 7 --data /tmp/elsewhere --fresh --no-redis --watch --inspect'.split(
        ' ',
      )
    expect(parseStartOptions(args, {})).toMatchObject({
      dataDirectory: '/tmp/elsewhere',
      port: 9000,
      contacts: 0,
      livelyContacts: 1_000,
      seed: 7,
      isFresh: true,
      hasRedis: false,
      hasInspectors: true,
      isWatching: true,
    })
  })

  it('take from the environment the services that shall not be started', () => {
    const environment = {
      ...supabase,
      DATABASE_URL: 'postgres://user:password@database.test:5432/postgres',
      UPSTASH_REDIS_REST_URL: 'https://redis.test',
      UPSTASH_REDIS_REST_TOKEN: 'token',
    }
    expect(parseStartOptions([], environment).external).toEqual({
      databaseUrl: 'postgres://user:password@database.test:5432/postgres',
      redis: { url: 'https://redis.test', token: 'token' },
      supabase: {
        url: 'https://project.supabase.co',
        publishableKey: 'publishable',
        secretKey: 'secret',
        jwtSecret: 'jwt',
      },
    })
  })

  it.each([
    [['--port', '0'], '--port must be a whole number from 1 to 65535, not "0".'],
    [['--port', '65536'], '--port must be a whole number'],
    [['--contacts', '-5'], '--contacts'],
    [['--contacts', '1e3'], '--contacts must be a whole number'],
    [['--seed', ''], '--seed must be a whole number'],
    [['--data', ''], '--data needs the name of a folder.'],
    [['--nonsense'], 'There is no option --nonsense. Give options after "npm start --":\n'],
    [['-x'], 'There is no option -x. Give options after'],
    [['extra'], '"extra" is not an option. Give options after'],
    [['--port'], 'An option lacks its value'],
    [['--fresh=yes'], 'An option lacks its value, or has a value that it does not take.'],
  ])('%j is refused with a sentence', (args, sentence) => {
    expect(() => parseStartOptions(args, {})).toThrow(sentence)
  })

  it('--help lists every option that is taken, and nothing else does', () => {
    const help = helpFor(['--help']) ?? ''
    const listed = [...help.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, option]) => option)
    expect(listed).toHaveLength(9)
    for (const option of listed) {
      const value = { port: '1', contacts: '1', seed: '1', data: 'folder' }[option ?? '']
      const args = [`--${option}`, ...(value === undefined ? [] : [value])]
      expect(() => parseStartOptions(args, {})).not.toThrow()
    }
    expect(helpFor(['--watch'])).toBeNull()
  })

  it.each([
    [{ DATABASE_URL: 'nonsense' }, 'DATABASE_URL must look like'],
    [
      { UPSTASH_REDIS_REST_URL: 'https://redis.test' },
      'but not UPSTASH_REDIS_REST_TOKEN. Set all of them or none.',
    ],
    [{ ...supabase, SUPABASE_JWT_SECRET: '' }, 'but not SUPABASE_JWT_SECRET. Set all of them or none.'],
  ])('an environment that does not fit together is refused (%#)', (environment, sentence) => {
    expect(() => parseStartOptions([], environment)).toThrow(sentence)
  })
})
