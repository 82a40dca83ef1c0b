import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createProcessPiece } from '../../origin/local/processes.ts'
import { makeDataDirectory } from '../support/run-folder.ts'

async function startOf(command: string, args: readonly string[], readyWithinMs = 10_000) {
  const dataDirectory = await makeDataDirectory()
  const piece = createProcessPiece({
    name: 'mill',
    command,
    args,
    environment: {},
    dataDirectory,
    isReady: async () => false,
    readyWithinMs,
  })
  const error = await piece.start().catch((reason: Error) => reason.message)
  await piece.stop()
  return { error, log: join(dataDirectory, 'logs/mill.log') }
}

it('a process that ends while it starts is reported with its end and its last lines', async () => {
  const script = "for (let i = 1; i <= 30; i += 1) console.error('line ' + i); process.exitCode = 3"
  const { error, log } = await startOf(process.execPath, ['-e', script])
  const last = Array.from({ length: 20 }, (_, index) => `line ${index + 11}`).join('\n')
  expect(error).toBe(`The mill did not start: it ended (exit code 3). ${log} ends:\n${last}`)
})

it('a process that is killed while it starts is reported with the signal', async () => {
  const { error } = await startOf(process.execPath, ['-e', "process.kill(process.pid, 'SIGKILL')"])
  expect(error).toContain('The mill did not start: it ended (SIGKILL).')
})

it('a missing program is reported with the sentence of the system', async () => {
  const { error } = await startOf('/no/such/program', [])
  expect(error).toContain('The mill did not start: spawn /no/such/program ENOENT.')
})

it('a process that is not ready in time is reported with the time that it had', async () => {
  const { error } = await startOf(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], 200)
  expect(error).toMatch(
    /^The mill did not start: it was not ready within 0\.2 s \(state [A-Z], [\d.]+ s of processor time\)\./,
  )
})

it('a process that hangs while it starts is ended and started again, if that is allowed', async () => {
  const dataDirectory = await makeDataDirectory()
  const script = 'console.log(process.pid); setInterval(() => undefined, 1000)'
  const pids = async () => {
    const log = await readFile(join(dataDirectory, 'logs/mill.log'), 'utf8').catch(() => '')
    return log.split('\n').filter((line) => line !== '')
  }
  const piece = createProcessPiece({
    ...{ name: 'mill', command: process.execPath, args: ['-e', script], environment: {}, dataDirectory },
    ...{ readyWithinMs: 1_000, startsMax: 3, onChange: () => undefined },
    isReady: async () => (await pids()).length === 2,
  })
  await piece.start()
  const [first, second] = await pids()
  expect(() => process.kill(Number(first), 0)).toThrow('ESRCH')
  expect(piece.pid).toBe(Number(second))
  await piece.stop()
})
