import { describe, expect, test } from 'vitest'
import { readConfig } from '../../../origin/config.ts'
import { limits } from '../../../shared/limits.ts'

const least = {
  SUPABASE_URL: 'https://project.supabase.co',
  SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_x',
  INTERNAL_AUTH_KEY: 'sixteen-or-more-characters',
  JWT_ISSUER: 'https://project.supabase.co/auth/v1',
  JWKS_URL: 'https://project.supabase.co/auth/v1/.well-known/jwks.json',
}

describe('config', () => {
  test('has a default where there is a sensible one, also for an empty variable', () => {
    expect(readConfig({ ...least, PORT: '' })).toEqual({
      ok: true,
      value: {
        host: '127.0.0.1',
        port: 8788,
        supabaseUrl: least.SUPABASE_URL,
        supabasePublishableKey: least.SUPABASE_PUBLISHABLE_KEY,
        internalAuthKey: least.INTERNAL_AUTH_KEY,
        tokens: {
          issuer: least.JWT_ISSUER,
          audience: 'authenticated',
          jwksUrl: least.JWKS_URL,
          jwtSecret: null,
        },
        rateLimits: { userMax: 600, workspaceMax: 30_000, windowSeconds: 60 },
        relay: null,
        outbound: { webhookNetworks: [], queueHandler: null },
        files: null,
        operatorsWorkspaceId: null,
        environment: 'production',
        board: null,
        queues: null,
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
    ['OPERATORS_WORKSPACE_ID', 'a workspace'],
    ['ENVIRONMENT', 'My Laptop'],
    ['BULL_BOARD_PASSWORD', 'eleven-char'],
    ['QUEUE_DATABASE_URL', 'https://127.0.0.1/postgres'],
    ['QUEUE_DATABASE_URL', 'postgres://user:secret@db.example.com:5432/postgres'],
    ['QUEUE_DATABASE_URL', 'postgres://user:secret@db.example.com:6543/postgres?sslmode=verify-full'],
    ['QUEUE_WORKERS', 'yes'],
    ['QUEUE_DRAIN_SECONDS', '-1'],
    ['WORKER_URL', 'worker.example.com'],
    ['SUPABASE_URL', 'http://project.supabase.co'],
    ['WORKER_URL', 'http://worker.example.com'],
    ['JWT_ISSUER', 'http://project.supabase.co/auth/v1'],
    ['JWT_ISSUER', undefined],
    ['JWKS_URL', 'http://project.supabase.co/jwks.json'],
    ['SUPABASE_JWT_SECRET', 'a secret of thirty-one letters.'],
    ['RATE_LIMIT_USER_MAX', '-1'],
    ['RATE_LIMIT_WORKSPACE_MAX', '1000001'],
    ['RATE_LIMIT_WINDOW_SECONDS', '0'],
    ['JWKS_URL', undefined],
    ['WEBHOOK_ALLOWED_NETWORKS', '10.0.0.0'],
    ['WEBHOOK_ALLOWED_NETWORKS', '10.0.0.0/33'],
    ['WEBHOOK_ALLOWED_NETWORKS', '10.0.0.0/8 10.1.0.0/16'],
    ['QUEUE_HANDLER_ALLOWED_NETWORKS', 'localhost/8'],
    ['QUEUE_HANDLER_URL', 'http://crm.example.com/jobs'],
    ['QUEUE_HANDLER_URL', 'https://crm.example.com/jobs'],
    ['QUEUE_HANDLER_SECRET', 'a secret in words'],
  ])('%s = %s is refused by a sentence that names it and does not repeat it', (name, value) => {
    const config = readConfig({ ...least, [name]: value })
    expect(config).toMatchObject({ ok: false, error: expect.stringMatching(new RegExp(`^${name} .+\\.$`)) })
    if (!config.ok && value !== undefined && value.length > 6) expect(config.error).not.toContain(value)
  })

  test('takes the secret of HS256 tokens, an audience and limits from their variables', () => {
    const given = {
      JWKS_URL: '',
      SUPABASE_JWT_SECRET: 'a secret of at least thirty-two characters',
      JWT_AUDIENCE: 'crm',
      RATE_LIMIT_USER_MAX: '0',
      RATE_LIMIT_WORKSPACE_MAX: '100',
      RATE_LIMIT_WINDOW_SECONDS: '10',
    }
    expect(readConfig({ ...least, ...given })).toMatchObject({
      value: {
        tokens: { audience: 'crm', jwksUrl: null, jwtSecret: given.SUPABASE_JWT_SECRET },
        rateLimits: { userMax: 0, workspaceMax: 100, windowSeconds: 10 },
      },
    })
  })

  test('sends jobs to a handler with one secret or two, if it has both its URL and a secret', () => {
    const [first, second] = [`whsec_${'A'.repeat(32)}`, `whsec_${'B'.repeat(43)}=`]
    const given = {
      QUEUE_HANDLER_URL: 'https://crm.example.com/jobs',
      QUEUE_HANDLER_SECRET: `${first} ${second}`,
    }
    const networks = {
      WEBHOOK_ALLOWED_NETWORKS: '10.1.0.0/16, fd00::/8',
      QUEUE_HANDLER_ALLOWED_NETWORKS: '10.2.0.0/16',
    }
    expect(readConfig({ ...least, ...given, ...networks })).toMatchObject({
      value: {
        outbound: {
          webhookNetworks: ['10.1.0.0/16', 'fd00::/8'],
          queueHandler: { url: given.QUEUE_HANDLER_URL, secrets: [first, second], networks: ['10.2.0.0/16'] },
        },
      },
    })
    for (const name of ['QUEUE_HANDLER_URL', 'QUEUE_HANDLER_SECRET'] as const) {
      expect(readConfig({ ...least, [name]: given[name] })).toMatchObject({ ok: false })
    }
  })

  test('has a board of the queues if its login is set, and refuses half of one', () => {
    const board = { BULL_BOARD_USERNAME: 'ops', BULL_BOARD_PASSWORD: 'twelve-letters' }
    expect(readConfig({ ...least, ...board })).toMatchObject({
      value: { board: { username: 'ops', password: 'twelve-letters' } },
    })
    for (const [name, missing] of [
      ['BULL_BOARD_USERNAME', 'BULL_BOARD_PASSWORD'],
      ['BULL_BOARD_PASSWORD', 'BULL_BOARD_USERNAME'],
    ] as const) {
      const config = readConfig({ ...least, [name]: board[name] })
      expect(config).toMatchObject({ ok: false, error: expect.stringMatching(`^${missing} must be set too`) })
    }
  })

  test('keeps files in the folder that it names, else in Supabase, and refuses half of a folder', () => {
    const folder = { FILES_FOLDER: '/srv/files', FILES_URL: 'https://origin.example.com' }
    const relay = { WORKER_URL: 'https://worker.example.com', SUPABASE_SECRET_KEY: 'sb_secret_x' }
    const filesOf = (variables: object) => readConfig({ ...least, ...variables })
    expect(filesOf(folder)).toMatchObject({
      value: { files: { kind: 'folder', folder: '/srv/files', url: 'https://origin.example.com' } },
    })
    expect(filesOf(relay)).toMatchObject({ value: { files: { kind: 'bucket', bucket: 'boardcache-files' } } })
    expect(filesOf({ ...relay, FILES_BUCKET: 'crm-files' })).toMatchObject({
      value: { files: { kind: 'bucket', bucket: 'crm-files' } },
    })
    expect(filesOf({})).toMatchObject({ value: { files: null } })
    for (const bad of [
      { FILES_FOLDER: '/srv/files' },
      { FILES_URL: folder.FILES_URL },
      { FILES_BUCKET: 'No!' },
    ])
      expect(filesOf(bad)).toMatchObject({ ok: false, error: expect.stringMatching('FILES_') })
  })

  test('has queues if their database is named, and runs their jobs itself only where it is told to', () => {
    const databaseUrl = 'postgres://user:secret@db.example.com:5432/postgres?sslmode=verify-full'
    expect(readConfig({ ...least, QUEUE_DATABASE_URL: databaseUrl })).toMatchObject({
      value: { queues: { databaseUrl, runsHere: false, drainMs: 30_000 } },
    })
    const local = { QUEUE_DATABASE_URL: 'postgres://postgres@127.0.0.1:5432/postgres', QUEUE_WORKERS: 'true' }
    expect(readConfig({ ...least, ...local, QUEUE_DRAIN_SECONDS: '3' })).toMatchObject({
      value: { queues: { runsHere: true, drainMs: 3_000 } },
    })
  })

  test('has a relay if both the Worker’s URL and the secret key are set, and refuses one without the other', () => {
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
