import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closingLines } from '../support/closing-reporter.ts'
import { absences, hasProgram } from '../support/programs.ts'
import { projectFolder, runTool } from '../support/run-tool.ts'

const vitest = JSON.stringify(join(projectFolder, 'node_modules/vitest/dist/index.js'))

const files = {
  'vitest.config.js': `export default { test: { include: ['*.test.ts'] } }`,
  'broken.config.js': `throw new Error('this configuration does not load')`,
  'setup.config.js': `export default { test: { include: ['*.test.ts'], globalSetup: './setup.js' } }`,
  'setup.js': `export default () => { throw new Error('this set-up fails') }`,
  'tests.test.ts': `import { expect, test } from ${vitest}
    test('passes', () => {})
    test('passes too', () => {})
    test('fails', () => expect(1).toBe(2))
    test.skip('is skipped', () => {})
    test.todo('is to come')`,
  'idle.test.ts': `import { test } from ${vitest}
    test.skip('is skipped', () => {})`,
  'load.test.ts': `throw new Error('this file does not load')`,
  'hook.test.ts': `import { afterAll, test } from ${vitest}
    test('passes', () => {})
    afterAll(() => { throw new Error('this hook fails') })`,
  'stray.test.ts': `import { test } from ${vitest}
    test('passes', () => { void Promise.reject(new Error('nobody waits for this')) })`,
}

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boardcache-closing-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function run(filters: readonly string[], config = 'vitest.config.js') {
  const { exitCode, stdout } = await runTool('node', [
    'test/support/run.ts',
    ...['--root', folder, '--config', join(folder, config)],
    ...filters,
  ])
  const lines = stdout.trimEnd().split('\n')
  return { exitCode, last: lines.at(-1 - absences().length) }
}

describe('the closing line', { timeout: 30_000 }, () => {
  test.each([
    { name: 'tests', counts: '2 passed, 1 failed, 2 skipped' },
    { name: 'idle', counts: '0 passed, 1 failed, 1 skipped' },
    { name: 'none-of-this-name', counts: '0 passed, 1 failed' },
  ])('counts $counts, and the run fails: $name', async ({ name, counts }) => {
    expect(await run([name])).toEqual({ exitCode: 1, last: counts })
  })

  test.each(['broken.config.js', 'setup.config.js'])(
    'counts a run that does not start as failed: %s',
    async (config) => {
      expect(await run(['hook'], config)).toEqual({ exitCode: 1, last: '0 passed, 1 failed' })
    },
  )

  test('counts failures outside a test, and does not mention skipped tests if there are none', async () => {
    expect(await run(['hook', 'stray', 'load'])).toEqual({ exitCode: 1, last: '2 passed, 3 failed' })
  })

  test('is followed by a line for each missing program, which says what was not tested', () => {
    const tally = { passed: 3, failed: 0, skipped: 1 }
    expect(closingLines(tally, [])).toBe('3 passed, 0 failed, 1 skipped')
    expect(closingLines(tally, ['Redis: …', 'Prometheus: …'])).toBe(
      '3 passed, 0 failed, 1 skipped\nRedis: …\nPrometheus: …',
    )
    expect(hasProgram('prometheus', folder)).toBe(false)
    expect(absences(folder)).toHaveLength(5)
  })
})
