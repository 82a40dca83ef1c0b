import { expect, it } from 'vitest'
import { mintToken } from '../../../origin/local/tokens.ts'
import { checkNames, checks } from '../../validate/checks/index.ts'
import { parseGiven, secretsOf } from '../../validate/given.ts'

const required = ['--url', 'https://cache.example.com', '--workspace', 'canary']
const token = await mintToken({
  ...{ jwtSecret: 'a secret that signs', issuer: 'https://auth.example.com', userId: 'user-1' },
  ...{ workspaces: { canary: 'admin' }, expiresInSeconds: 60 },
})

it('options have defaults, and a quick run has fewer rounds and less time', () => {
  const full = parseGiven(required, { VALIDATE_TOKEN: token, INTERNAL_AUTH_KEY: '' }, checkNames)
  expect(full).toMatchObject({
    ...{ url: 'https://cache.example.com', workspaceId: 'canary', isQuick: false, place: null },
    ...{ internalAuthKey: null, databaseUrl: null, stalenessBoundMs: 1_000, maySwitchRollout: false },
    tokens: { userId: 'user-1', issuer: 'https://auth.example.com', member: null },
  })
  const quick = parseGiven([...required, '--quick'], { VALIDATE_TOKEN: token }, checkNames)
  expect(full.pace.rounds).toBe(50)
  expect(quick.pace.rounds).toBeLessThan(50)
  expect(quick.deadlineSeconds).toBeLessThan(full.deadlineSeconds)
})

it.each([
  ['no token', required, {}],
  ['a token that is none', required, { VALIDATE_TOKEN: 'abc' }],
  ['no workspace', required.slice(0, 2), { VALIDATE_TOKEN: token }],
  ['no address', required.slice(2), { VALIDATE_TOKEN: token }],
  ['an option that is none', [...required, '--fast'], { VALIDATE_TOKEN: token }],
  ['a bound that is none', [...required, '--row-bound-ms', '0'], { VALIDATE_TOKEN: token }],
  ['a board without a column', [...required, '--board', 'b'], { VALIDATE_TOKEN: token }],
  ['a check that is none', [...required, '--only', 'helth'], { VALIDATE_TOKEN: token }],
])('%s is refused with a sentence, which has no secret', (_, args, environment) => {
  let message = ''
  try {
    parseGiven(args, environment, checkNames)
  } catch (error) {
    message = error instanceof Error ? error.message : ''
  }
  expect(message).not.toBe('')
  expect(message).not.toContain(token)
})

it('the password of a database is a secret also without the rest of its address', () => {
  const environment = {
    VALIDATE_TOKEN: token,
    VALIDATE_DATABASE_URL: 'postgres://canary:p%40ss@db.example.com/postgres',
  }
  const given = parseGiven(required, environment, checkNames)
  expect(secretsOf(given)).toEqual(expect.arrayContaining([token, 'p%40ss', 'p@ss']))
})

it('every check has a name of its own, and says how much it asks', () => {
  const given = parseGiven(required, { VALIDATE_TOKEN: token }, checkNames)
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length)
  for (const check of checks) expect(check.requestsMax(given)).toBeGreaterThan(0)
})
