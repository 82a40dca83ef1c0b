import { fileURLToPath } from 'node:url'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { loopbackOnly } from './support/loopback-only.ts'
import { sequencerOf } from './support/room-sequencer.ts'
import { workerTestBindings } from './support/worker-bindings.ts'

/**
 * One project for each room of test/, in groups that run one after the other: first the rooms that fail quickly, then
 * those that start processes, then those whose stacks are under load, then those with a browser, which would take several times as long beside
 * them, then those that need the machine for themselves, and last those that mostly wait. There are two workers for two cores, three where
 * tests wait for their processes, and one for those that need the machine for themselves.
 */
const root = fileURLToPath(new URL('..', import.meta.url))

interface Room {
  readonly name: string
  readonly group: number
  readonly include: readonly string[]
  readonly exclude?: readonly string[]
  readonly testTimeoutMs: number
  readonly hookTimeoutMs: number
  /** How many files run at once: by default one for each of two cores, and the same in all rooms of a group. */
  readonly workers?: number
}

const scrolled = ['test/browser/board.test.ts', 'test/browser/long-board.test.ts']
const outages = ['test/chaos/voice.test.ts']

/** They are small and take most of a minute. */
const longFiles = [
  'test/browser/live-crash.test.ts',
  'test/browser/docs.test.ts',
  'test/operating/drills.test.ts',
  'test/chaos/crash.test.ts',
]

const inWorkerd = ['test/worker/**/*.test.ts', 'test/contract/**/*.worker.test.ts']

function room({ name, group, include, exclude = [], testTimeoutMs, hookTimeoutMs, workers = 2 }: Room) {
  return {
    extends: true,
    test: {
      name,
      include: [...include],
      exclude: [...inWorkerd, ...exclude],
      environment: 'node',
      testTimeout: testTimeoutMs,
      hookTimeout: hookTimeoutMs,
      maxWorkers: workers,
      maxConcurrency: 2,
      // Files share the modules that they import, which saves a second where stacks are started. So no module may
      // keep state of one file.
      isolate: false,
      sequence: { groupOrder: group },
    },
  } satisfies TestProjectInlineConfiguration
}

// They find a test that hangs. A machine that is busy with other work takes several times as long as usual.
const quick = { testTimeoutMs: 30_000, hookTimeoutMs: 30_000 }
const long = { testTimeoutMs: 300_000, hookTimeoutMs: 30_000 }
const withProcesses = { testTimeoutMs: 60_000, hookTimeoutMs: 240_000 }
/** Tests that wait for their processes for a third of the time. */
const waiting = { group: 1, workers: 3, ...withProcesses }
/** Tests whose outcome depends on how quick the machine is. */
const alone = { group: 4, workers: 1, ...withProcesses, testTimeoutMs: 90_000 }

/** In the order in which they run within their group. */
const rooms = [
  room({ name: 'simulation', group: 0, include: ['test/simulation/simulation.test.ts'], ...long }),
  room({ name: 'tidy', group: 0, include: ['test/tidy/**/*.test.ts'], ...quick }),
  room({ name: 'unit', group: 0, include: ['test/unit/**/*.test.ts'], ...quick }),
  {
    extends: true,
    plugins: [
      cloudflareTest({
        main: './worker/index.ts',
        wrangler: { configPath: './wrangler.toml' },
        remoteBindings: false,
        miniflare: { bindings: workerTestBindings, outboundService: loopbackOnly },
      }),
    ],
    test: {
      name: 'worker',
      include: inWorkerd,
      globalSetup: 'test/support/redis-setup.ts',
      testTimeout: 60_000,
      hookTimeout: 60_000,
      maxWorkers: waiting.workers,
      sequence: { groupOrder: waiting.group },
    },
  },
  // They only compute, for minutes, so they use what the tests beside them leave of the processors.
  room({
    name: 'canaries',
    ...waiting,
    include: ['test/simulation/canaries.test.ts', 'test/simulation/live/live.test.ts'],
    ...long,
  }),
  // It asks every question again after each of hundreds of writes, which takes most of a minute.
  room({
    name: 'completeness',
    ...waiting,
    include: ['test/completeness/**/*.test.ts'],
    testTimeoutMs: 240_000,
  }),
  room({ name: 'contract', ...waiting, include: ['test/contract/**/*.test.ts'] }),
  room({ name: 'database', ...waiting, include: ['test/database/**/*.test.ts'] }),
  // A test here starts whole stacks one after the other, which is slow on a busy machine.
  room({
    name: 'stack',
    ...waiting,
    include: ['test/stack/**/*.test.ts'],
    testTimeoutMs: 240_000,
  }),
  room({
    name: 'conformance',
    ...waiting,
    include: ['test/conformance/**/*.test.ts'],
  }),
  // Every resource from outside, one after the other, on two stacks.
  room({
    name: 'resources',
    ...waiting,
    include: ['test/resources/**/*.test.ts'],
    testTimeoutMs: 120_000,
  }),
  // With these four rooms `npm test` would take more than five minutes.
  room({ name: 'work', ...waiting, include: ['test/work/**/*.test.ts'] }),
  room({ name: 'mail', ...waiting, include: ['test/mail/**/*.test.ts'] }),
  room({ name: 'search', ...waiting, include: ['test/search/**/*.test.ts'] }),
  room({ name: 'operating', ...waiting, include: ['test/operating/**/*.test.ts'] }),
  room({ name: 'e2e', ...waiting, include: ['test/e2e/**/*.test.ts'] }),
  // Each loads a stack of its own for a minute. Their only deadlines find requests that hang.
  room({
    name: 'fuzz',
    group: 2,
    include: ['test/fuzz/**/*.test.ts'],
    ...withProcesses,
    testTimeoutMs: 240_000,
  }),
  room({
    name: 'browser',
    group: 3,
    include: ['test/browser/**/*.test.ts'],
    exclude: scrolled,
    ...withProcesses,
    testTimeoutMs: 90_000,
  }),
  // Which pages a board loads while it is dragged depends on how quickly the browser draws.
  room({ name: 'scrolling', ...alone, include: scrolled }),
  // How long a call waits is judged by the deadlines of production.
  room({ name: 'outages', ...alone, include: outages }),
  // They mostly wait for what they have killed or frozen. Beside rooms that compute they would take three times as long.
  room({
    name: 'chaos',
    group: 5,
    include: ['test/chaos/**/*.test.ts'],
    exclude: outages,
    ...withProcesses,
    testTimeoutMs: 90_000,
  }),
]

export default defineConfig({
  root,
  test: {
    retry: 0,
    allowOnly: false,
    sequence: {
      sequencer: sequencerOf(
        rooms.map(({ test }) => test.name),
        longFiles,
      ),
    },
    projects: rooms,
  },
})
