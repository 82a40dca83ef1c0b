import type { Canary } from './canaries.ts'

const generation = 'shared/redis/generation.ts'
const namespace = 'shared/redis/namespace.ts'
const keeper = 'worker/deployment/redis/keeper.ts'

const learned = 'known = generation === null ? null : { generation, seenAtMs: clock.now() }'

/** Bugs of the namespaces of Redis, most of which nobody notices until something is cleared or evicted. */
export const redisCanaries: readonly Canary[] = [
  {
    bug: 'a writer keeps the generation that it read before a clearing',
    breaks: /do not find in Redis/,
    replacements: [
      {
        file: generation,
        find: learned,
        replace: 'known ??= generation === null ? null : { generation, seenAtMs: 0 }',
      },
      {
        file: generation,
        find: 'const isTrusted = known !== null && clock.now() - known.seenAtMs < trustMs',
        replace: 'const isTrusted = known !== null',
      },
    ],
  },
  {
    bug: 'a reader never reads the generation again',
    breaks: /clearing: Redis gave|still find in Redis|do not find in Redis/,
    replacements: [
      {
        file: generation,
        find: `${learned}\n    return generation`,
        replace:
          'known ??= generation === null ? null : { generation, seenAtMs: clock.now() }\n    return known?.generation ?? null',
      },
    ],
  },
  {
    bug: 'a reader does not compare the generation of a value',
    breaks: /clearing: Redis gave|still find in Redis/,
    replacements: [{ file: namespace, find: ' || !stored.startsWith(generation)', replace: '' }],
  },
  {
    bug: 'a clearing is acknowledged while Redis is away',
    firstSeed: 50,
    breaks: /clearing: Redis gave/,
    replacements: [
      {
        file: keeper,
        find: 'const isConfirmed = started.every((one) => one.ok)',
        replace: 'const isConfirmed = true',
      },
    ],
  },
  {
    bug: 'a clearing does not replace a generation that is there',
    breaks: /clearing: Redis gave|still find in Redis/,
    replacements: [
      { file: generation, find: "[['SET', key, generation]]", replace: "[['SET', key, generation, 'NX']]" },
    ],
  },
  {
    bug: 'a generation that was evicted begins where the first one began',
    firstSeed: 9,
    breaks: /clearing: Redis gave/,
    replacements: [{ file: generation, find: "newGeneration(), 'NX'", replace: "'0'.repeat(32), 'NX'" }],
  },
  {
    bug: 'a writer brings back the generation that it knew when Redis has none',
    firstSeed: 10,
    breaks: /clearing: Redis gave/,
    replacements: [
      {
        file: generation,
        find: learned,
        replace: `latest = generation ?? latest\n    ${learned}`,
      },
      {
        file: generation,
        find: 'let known: {',
        replace: 'let latest: Generation | null = null\n  let known: {',
      },
      { file: generation, find: "newGeneration(), 'NX'", replace: "latest ?? newGeneration(), 'NX'" },
    ],
  },
  {
    bug: 'a read fails while there is no generation',
    breaks: /clearing: a read of .* failed/,
    replacements: [
      {
        file: namespace,
        find: 'return ok(Array.isArray(pair) ? accepted(pair) : null)',
        replace: `if (Array.isArray(pair) && pair[0] === null) return { ok: false, error: { kind: 'unavailable' } }
      return ok(Array.isArray(pair) ? accepted(pair) : null)`,
      },
    ],
  },
  {
    bug: 'all namespaces have one generation',
    breaks: /a limit forgot what it had counted/,
    replacements: [
      {
        file: generation,
        find: 'return `bc:generation:',
        replace: 'return `bc:generation:cache` || `bc:generation:',
      },
    ],
  },
  {
    bug: 'the key of a counter has no generation',
    breaks: /has not let go/,
    replacements: [
      {
        file: namespace,
        find: 'const counter = `',
        replace: 'const counter = counterPrefix(name) + key || `',
      },
    ],
  },
]
