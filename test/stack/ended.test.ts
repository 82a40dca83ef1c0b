import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takePort } from '../../origin/local/ports.ts'
import { answersHttp } from '../../origin/local/processes.ts'
import { commandOf } from '../../origin/local/running-processes.ts'
import { readStackFile, type StackFile } from '../../origin/local/stack-file.ts'
import { eventually } from '../support/eventually.ts'
import { hasProgram } from '../support/programs.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { npmStart, type Started } from './npm-start.ts'

type PieceName = keyof StackFile['pids']

describe('a piece of the running stack that ends by itself', () => {
  let folder: string
  let stack: Started

  beforeAll(async () => {
    folder = await makeDataDirectory()
    stack = npmStart(folder, await takePort(0))
    await stack.line(/^ready /)
  }, 180_000)
  afterAll(async () => {
    stack?.process.kill('SIGTERM')
    await stack?.ended
    await rm(folder, { recursive: true, force: true })
  })

  async function kill(name: PieceName): Promise<number> {
    const pid = (await readStackFile(folder)).pids[name]
    if (pid === null) throw new Error(`${name} does not run`)
    process.kill(pid, 'SIGKILL')
    return pid
  }

  it('is reported with its process, and again with its address when it is back: workerd, twice', async () => {
    const { worker } = await readStackFile(folder)
    for (const _time of ['first', 'second']) {
      const ended = await kill('worker')
      await stack.line(
        new RegExp(
          `^The Worker \\(workerd\\) \\(process ${ended}\\) ended by itself \\(SIGKILL\\) and is being started again\\.$`,
        ),
      )
      const returned = await eventually(async () => {
        const pid = (await readStackFile(folder)).pids.worker
        return pid !== null && pid !== ended && pid
      })
      expect(await stack.line(new RegExp(`is back as process ${returned},`))).toBe(
        `The Worker (workerd) is back as process ${returned}, at the same address and with its stored data.`,
      )
      expect(await commandOf(returned)).toContain('workerd')
      await eventually(() => answersHttp(`${worker}/openapi.json`))
    }
    expect(stack.lines.join('\n')).not.toContain('did not come back')
  })

  // Without redis-server the bridge stores the data itself.
  const redis = hasProgram('redis-server') ? ([['redis', 'Redis', 'redis-server']] as const) : []
  it.each([
    ...redis,
    ['supabase', "Supabase's interface", 'supabase'],
    ['redisBridge', "Redis's HTTP bridge", 'redis-bridge'],
    ['origin', 'The origin', 'origin'],
    ['postgres', 'Postgres', 'postgres'],
  ] as const)('is reported with what to do, and no longer in stack.json: %s', async (name, title, log) => {
    const ended = await kill(name)
    const remedy =
      'The other parts keep running without it. To get it back, stop everything with Ctrl-C and start again.'
    const path = join(folder, 'logs', `${log}.log`)
    expect(await stack.line(new RegExp(`\\(process ${ended}\\) ended by itself`))).toBe(
      `${title} (process ${ended}) ended by itself (SIGKILL). ${remedy} The reason may be in ${path}.`,
    )
    await eventually(async () => (await readStackFile(folder)).pids[name] === null)
    const others = Object.values((await readStackFile(folder)).pids).filter((pid) => pid !== null)
    expect(await Promise.all(others.map(commandOf))).not.toContain(null)
  })
})
