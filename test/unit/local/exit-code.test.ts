import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { loadMaker } from '../../../origin/local/postgres.ts'

const postgres = new URL('../../../origin/local/postgres.ts', import.meta.url)

it('a script that made a database ends with the exit code that it set', async () => {
  const script = `const local = await import(${JSON.stringify(postgres.href)}); await local.${loadMaker.name}(); process.exitCode = 3`
  const ended = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('.', postgres)),
  })
  await expect(ended).rejects.toMatchObject({ code: 3 })
})
