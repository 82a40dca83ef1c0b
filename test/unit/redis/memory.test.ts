import { expect, it } from 'vitest'
import { parseRedisMemory } from '../../../worker/redis/memory.ts'

it('reads how much memory a Redis uses, and its bound where there is one', () => {
  const info =
    '# Memory\r\nused_memory:1048576\r\nused_memory_human:1.00M\r\nused_memory_peak:2097152\r\nmaxmemory:'
  expect(parseRedisMemory(`${info}0\r\n`)).toEqual({
    usedBytes: 1_048_576,
    peakBytes: 2_097_152,
    maxBytes: null,
  })
  expect(parseRedisMemory(`${info}4194304\r\n`)?.maxBytes).toBe(4_194_304)
})

it('answers null if INFO does not report it', () => {
  expect(parseRedisMemory('# Server\r\nredis_version:7.0.15\r\n')).toBeNull()
})
