import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../worker/config.ts'
import { variables } from './variables.ts'

const redisOf = (changes: Record<string, string> = {}) => parseConfig({ ...variables, ...changes }).redis
const main = { url: 'https://main.crm.test', token: 'main token' }

describe('the configuration of Redis', () => {
  it('puts every namespace on one Redis, unless told otherwise', () => {
    expect(redisOf()).toEqual([
      {
        ...{ name: 'main', first: main, second: null, memoryMaxBytes: null },
        namespaces: ['sessions', 'cache', 'rateLimit', 'emailCache'],
      },
    ])
    expect(redisOf({ CACHE_REDIS_URL: '', CACHE_REDIS_TOKEN: '' })).toHaveLength(1)
  })

  it('puts each namespace on a Redis of its own that has one, with its own second Redis', () => {
    const servers = redisOf({
      SESSIONS_REDIS_URL: 'https://sessions.crm.test',
      SESSIONS_REDIS_TOKEN: 'sessions token',
      RATE_LIMIT_REDIS_URL: 'https://limits.crm.test',
      RATE_LIMIT_REDIS_TOKEN: 'limits token',
      RATE_LIMIT_REDIS_SECOND_URL: 'https://limits2.crm.test',
      RATE_LIMIT_REDIS_SECOND_TOKEN: 'second token',
      REDIS_MEMORY_MAX_BYTES: 'rateLimit=268435456, cache=1',
      UPSTASH_REDIS_SECOND_URL: 'https://main2.crm.test',
      UPSTASH_REDIS_SECOND_TOKEN: 'main2 token',
    })
    expect(servers).toEqual([
      {
        ...{ name: 'main', first: main, second: { url: 'https://main2.crm.test', token: 'main2 token' } },
        ...{ memoryMaxBytes: null, namespaces: ['cache', 'emailCache'] },
      },
      {
        ...{ name: 'sessions', second: null, memoryMaxBytes: null, namespaces: ['sessions'] },
        first: { url: 'https://sessions.crm.test', token: 'sessions token' },
      },
      {
        ...{ name: 'rateLimit', memoryMaxBytes: 268_435_456, namespaces: ['rateLimit'] },
        first: { url: 'https://limits.crm.test', token: 'limits token' },
        second: { url: 'https://limits2.crm.test', token: 'second token' },
      },
    ])
  })

  it('switches a single namespace off, or all of Redis', () => {
    const [server] = redisOf({ REDIS_NAMESPACES_OFF: 'emailCache, sessions' })
    expect(server?.namespaces).toEqual(['cache', 'rateLimit'])
    expect(redisOf({ REDIS_ENABLED: 'false', UPSTASH_REDIS_REST_URL: '' })).toEqual([])
  })

  it.each([
    ['UPSTASH_REDIS_SECOND_URL', { UPSTASH_REDIS_SECOND_URL: 'https://main2.crm.test' }],
    ['CACHE_REDIS_URL', { CACHE_REDIS_TOKEN: 'token' }],
    [
      'CACHE_REDIS_SECOND_URL',
      { CACHE_REDIS_SECOND_URL: 'https://cache2.crm.test', CACHE_REDIS_SECOND_TOKEN: 'token' },
    ],
    ['REDIS_MEMORY_MAX_BYTES', { REDIS_MEMORY_MAX_BYTES: 'main=1 GB' }],
    ['REDIS_NAMESPACES_OFF', { REDIS_NAMESPACES_OFF: 'queues' }],
    [
      'EMAIL_CACHE_REDIS_URL',
      { EMAIL_CACHE_REDIS_URL: 'http://mail.crm.test', EMAIL_CACHE_REDIS_TOKEN: 't' },
    ],
  ])('is refused if it is half a configuration, in a sentence about %s', (name, changes) => {
    expect(() => redisOf(changes)).toThrow(new RegExp(name))
    expect(() => redisOf(changes)).not.toThrow(/crm\.test/)
  })
})
