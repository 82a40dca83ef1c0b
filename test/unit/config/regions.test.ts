import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../worker/config.ts'
import { variables } from './variables.ts'

const fra = { name: 'fra', latitude: 50.1, longitude: 8.7 }
const iad = { name: 'iad', latitude: 39, longitude: -77.5 }
const whole = { ...iad, originUrl: 'https://iad.crm.test/', redisUrl: 'https://iad-redis.crm.test' }
const tokens = JSON.stringify({ iad: 'a secret token' })

function regionsOf(regions: unknown, changes: Record<string, string> = {}) {
  const REGIONS = typeof regions === 'string' ? regions : JSON.stringify(regions)
  return parseConfig({ ...variables, REGIONS, ...changes }).regions
}

describe('the configuration of regions', () => {
  it('has none unless there are several', () => {
    expect(parseConfig(variables).regions).toBeNull()
    expect(regionsOf('', { REGIONS_REDIS_TOKENS: '' })).toBeNull()
  })

  it('gives each other region its origin and a Redis for cached answers alone', () => {
    const access = { url: 'https://iad-redis.crm.test', token: 'a secret token' }
    const redis = { name: 'region:iad', first: access, second: null, memoryMaxBytes: null }
    expect(regionsOf([fra, whole], { REGIONS_REDIS_TOKENS: tokens })).toEqual({
      first: fra,
      others: [
        {
          ...iad,
          originUrl: 'https://iad.crm.test',
          redis: { ...redis, namespaces: ['cache', 'emailCache'] },
        },
      ],
    })
  })

  it('lets a region have one of both', () => {
    const { originUrl, redisUrl } = whole
    expect(regionsOf([fra, { ...iad, originUrl }])?.others).toMatchObject([{ redis: null }])
    const onlyRedis = regionsOf([fra, { ...iad, redisUrl }], { REGIONS_REDIS_TOKENS: tokens })
    expect(onlyRedis?.others).toMatchObject([{ originUrl: null, redis: { first: { url: redisUrl } } }])
  })

  it('switches Redis and its namespaces off in every region', () => {
    expect(regionsOf([fra, whole], { REDIS_ENABLED: 'false' })?.others).toMatchObject([{ redis: null }])
    const withTokens = { REGIONS_REDIS_TOKENS: tokens }
    const without = (REDIS_NAMESPACES_OFF: string) =>
      regionsOf([fra, whole], { ...withTokens, REDIS_NAMESPACES_OFF })?.others[0]?.redis
    expect(without('emailCache')?.namespaces).toEqual(['cache'])
    expect(without('cache,emailCache')).toBeNull()
  })

  it.each([
    ['text that is no JSON', '[{', {}, /REGIONS must be JSON/],
    ['one region', [fra], {}, /REGIONS must name 2 to 8 regions/],
    ['too many', [fra, ...Array.from({ length: 8 }, (_, n) => ({ ...whole, name: `r${n}` }))], {}, /2 to 8/],
    ['a name twice', [fra, { ...whole, name: 'fra' }], {}, /a name of its own/],
    ['a name that no figure can show', [fra, { ...whole, name: 'US East' }], {}, /lower-case/],
    ['a place off the globe', [fra, { ...whole, latitude: 91 }], {}, /REGIONS\.1\.latitude/],
    ['a region with nothing', [fra, iad], {}, /an originUrl or a redisUrl/],
    ['an origin in the clear', [fra, { ...iad, originUrl: 'http://iad.crm.test' }], {}, /https URL/],
    ['an origin of the first region', [{ ...fra, originUrl: 'https://a.test' }, whole], {}, /REGIONS\.0/],
    ['a Redis without a token', [fra, whole], {}, /REGIONS_REDIS_TOKENS must have a token/],
    ['a token of no region', [fra, whole], { REGIONS_REDIS_TOKENS: '{"iad":"a","ams":"b"}' }, /name only/],
    ['tokens without regions', '', { REGIONS_REDIS_TOKENS: tokens }, /name only/],
  ])('refuses %s, in a sentence without values', (_, regions, changes, sentence) => {
    const parse = () => regionsOf(regions, changes)
    expect(parse).toThrow(sentence)
    expect(parse).not.toThrow(/crm\.test|a secret token/)
  })
})
