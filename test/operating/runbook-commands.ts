import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import type { TestStack } from '../support/local-stack.ts'

const run = promisify(execFile)
const runbook = new URL('../../worker/runbook.md', import.meta.url)
const deadlineMs = 60_000

/** Commands that need another deployment, or programs that not every machine has. They are tried by hand. */
const byHand = /^(npx |redis-cli |\{ redis-cli |pg_dump |pg_restore )/

interface Commands {
  /** Lines of bash. */
  readonly shell: readonly string[]
  /** Statements that the page gives to psql. */
  readonly statements: readonly string[]
}

/** The commands of the runbook as they stand there: one a line, in the blocks of sh. */
export async function readCommands(): Promise<Commands> {
  const text = await readFile(runbook, 'utf8')
  const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block = '']) => block)
  const lines = blocks
    .flatMap((block) => block.split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('export '))
  const statements = lines.flatMap((line) => /^psql "\$DATABASE_URL" -c "(.*)"$/.exec(line)?.[1] ?? [])
  const shell = lines.filter((line) => !line.startsWith('psql ') && !byHand.test(line))
  return { shell, statements }
}

/** Runs lines of the runbook one after the other. Answers those that failed, and the reason. */
export async function failuresOf(lines: readonly string[], stack: TestStack): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'boardcache-runbook-'))
  const definitions = lines.filter((line) => /^(ask|see)\(\) /.test(line))
  const environment = {
    ...process.env,
    ...{
      WORKER: stack.worker,
      ORIGIN: stack.origin,
      INTERNAL_AUTH_KEY: stack.internalAuthKey,
      METRICS_TOKEN: stack.tokens.admin,
      LOGS: stack.logs,
    },
  }
  const failures: string[] = []
  try {
    for (const line of lines.filter((each) => !definitions.includes(each))) {
      // Without jq the request is made and its answer not taken apart.
      const command = hasJq() ? line : line.replaceAll(/ \| jq [^|>]*/g, ' ')
      const script = `set -o pipefail\n${definitions.join('\n')}\n${command}`
      const ended = run('bash', ['-c', script], { cwd: folder, env: environment, timeout: deadlineMs })
      await ended.catch((error: Error) => failures.push(`${line}: ${error.message}`))
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return failures
}

function hasJq(): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'jq')))
}
