import { describe, expect, test } from 'vitest'
import { readConfig } from '../../../origin/config.ts'
import { limits } from '../../../shared/limits.ts'

const least = {
  SUPABASE_URL: 'https://project.supabase.co',
  SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_x',
  INTERNAL_AUTH_KEY: 'sixteen-or-more-characters',
}

describe('config', () => {
  test('has a default for all that has a sensible one, an empty variable being none', () => {
    expect(readConfig({ ...least, PORT: '' })).toEqual({
      ok: true,
      value: {
        host: '127.0.0.1',
        port: 8788,
        supabaseUrl: least.SUPABASE_URL,
        supabasePublishableKey: least.SUPABASE_PUBLISHABLE_KEY,
        internalAuthKey: least.INTERNAL_AUTH_KEY,
        relay: null,
        queriesAtOnceMax: limits.queriesAtOnceDefault,
        queriesWaitingMax: limits.queriesWaitingDefault,
        queryDeadlineMs: limits.queryDeadlineMs,
        logLevel: 'info',
      },
    })
  })

  test.each([
    ['SUPABASE_URL', 'ftp://project'],
    ['SUPABASE_URL', 'project.supabase.co'],
    ['SUPABASE_URL', undefined],
    ['SUPABASE_PUBLISHABLE_KEY', undefined],
    ['INTERNAL_AUTH_KEY', 'fifteen-letters'],
    ['INTERNAL_AUTH_KEY', undefined],
    ['PORT', '65536'],
    ['PORT', '80 '],
    ['QUERIES_AT_ONCE', '0'],
    ['QUERIES_WAITING', '-1'],
    ['QUERY_DEADLINE_MS', '10000'],
    ['LOG_LEVEL', 'loud'],
    ['WORKER_URL', 'worker.example.com'],
  ])('%s = %s is refused by a sentence that names it and does not repeat it', (name, value) => {
    const config = readConfig({ ...least, [name]: value })
    expect(config).toMatchObject({ ok: false, error: expect.stringMatching(new RegExp(`^${name} .+\\.$`)) })
    if (!config.ok && value !== undefined && value.length > 6) expect(config.error).not.toContain(value)
  })

  test('has a relay where it is told both where the Worker is and the secret key, and takes no half of it', () => {
    const relay = { WORKER_URL: 'https://worker.example.com', SUPABASE_SECRET_KEY: 'sb_secret_x' }
    expect(readConfig({ ...least, ...relay })).toMatchObject({
      value: { relay: { workerUrl: relay.WORKER_URL, supabaseSecretKey: 'sb_secret_x' } },
    })
    for (const [name, missing] of [
      ['WORKER_URL', 'SUPABASE_SECRET_KEY'],
      ['SUPABASE_SECRET_KEY', 'WORKER_URL'],
    ] as const) {
      const config = readConfig({ ...least, [name]: relay[name] })
      expect(config).toMatchObject({ ok: false, error: expect.stringMatching(`^${missing} must be set too`) })
    }
  })
})
