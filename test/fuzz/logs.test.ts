import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { makeDataDirectory } from '../support/run-folder.ts'
import { LogWatch } from './logs.ts'

describe('the reader of a log', () => {
  let folder: string
  let watch: LogWatch
  const log = (name: 'worker' | 'origin', ...lines: readonly string[]) =>
    appendFile(join(folder, `${name}.log`), lines.map((line) => `${line}\n`).join(''))

  beforeEach(async () => {
    folder = await makeDataDirectory()
    await log('worker')
    await log('origin')
    watch = new LogWatch(folder, ['secret'])
  })

  it("takes lines of allowed outcomes, and workerd's own warnings with their stacks, for no faults", async () => {
    await log('worker', '{"level":"info","status":200}', '{"level":"warn","status":503}')
    await log('origin', '{"level":30,"status":404}', '{"level":50,"status":504}')
    const warning = 'Warning: A promise was resolved or rejected from a different request context than …'
    await log('worker', warning, '    at async load (file:///a.mjs:1:2)', '    at async b', warning)
    expect(await watch.faults()).toEqual([])
  })

  it.each([
    ['an error without a request', 'origin', '{"level":50,"error":"TypeError"}', 'origin logs TypeError'],
    ['a 500', 'worker', '{"level":"error","status":500,"route":"/health"}', 'worker logs 500 /health'],
    ['a line that is no record', 'worker', 'Uncaught', 'an unexpected line in worker.log: Uncaught'],
    ['a text that no log may repeat', 'origin', '{"level":30,"url":"/?search=secret"}', 'a log that tells'],
  ] as const)('%s is a fault', async (_what, name, line, kind) => {
    await log(name, line)
    expect((await watch.faults()).map((fault) => fault.kind)).toEqual([kind])
    expect(await watch.faults()).toEqual([])
  })

  it('takes a stack without a warning of workerd before it for a fault', async () => {
    await log('worker', '{"level":"info","status":200}', '    at read (file:///a.mjs:1:2)')
    expect(await watch.faults()).toHaveLength(1)
  })
})
