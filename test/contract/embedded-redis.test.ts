import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createEmbeddedRedis } from '../../origin/local/embedded-redis/embedded-redis.ts'
import { systemClock } from '../../shared/clock.ts'
import { type StartedRedis, startLocalRedis } from '../support/local-redis.ts'
import { hasProgram } from '../support/programs.ts'
import { anyCommand, commandWords, incomparable, unordered, type WrittenCommand } from './redis-commands.ts'

describe('the commands that are compared', () => {
  it('are all that the embedded Redis has, but for those that depend on chance or time', () => {
    const { commandNames } = createEmbeddedRedis(systemClock, 1_000)
    const compared = Object.keys(commandWords).filter((name) => !/UNKNOWN|NOPE/.test(name))
    expect([...compared, ...incomparable].sort()).toEqual([...commandNames].sort())
  })
})

const answersSchema = z.array(z.union([z.object({ result: z.unknown() }), z.object({ error: z.string() })]))

async function answersOf({ redis }: StartedRedis, path: string, commands: readonly WrittenCommand[]) {
  const response = await fetch(`${redis.url}${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${redis.token}`, 'Upstash-Encoding': 'base64' },
    body: JSON.stringify(commands),
  })
  const body: unknown = await response.json()
  const answers = answersSchema.safeParse(body)
  return answers.success ? answers.data.map((answer, at) => sorted(commands[at]?.[0], answer)) : body
}

function sorted(name: string | undefined, answer: unknown): unknown {
  const list = z.object({ result: z.array(z.unknown()) }).safeParse(answer)
  return list.success && unordered.includes(name ?? '') ? list.data.result.flat().map(String).sort() : answer
}

describe.runIf(hasProgram('redis-server'))('the embedded Redis answers like redis-server', () => {
  let server: StartedRedis
  let embedded: StartedRedis
  beforeAll(async () => {
    server = await startLocalRedis('redis-server')
    embedded = await startLocalRedis('embedded')
  })
  afterAll(async () => {
    await server?.stop()
    await embedded?.stop()
  })

  const property = (path: string) =>
    fc.asyncProperty(fc.array(anyCommand, { minLength: 1, maxLength: 60 }), async (commands) => {
      const [real, stoodIn] = await Promise.all(
        [server, embedded].map(async (redis) => {
          await answersOf(redis, '/pipeline', [['FLUSHALL'], ['SCRIPT', 'FLUSH']])
          return answersOf(redis, path, commands)
        }),
      )
      expect(stoodIn).toEqual(real)
    })

  it('to any sequence of commands', () => fc.assert(property('/pipeline'), { numRuns: 200 }))
  it('to any transaction', () => fc.assert(property('/multi-exec'), { numRuns: 100 }))
})
