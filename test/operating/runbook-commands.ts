import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const runbook = new URL('../../worker/runbook.md', import.meta.url)
const deadlineMs = 120_000

/** Commands that need another deployment. They are tried by hand. */
const byHand = /^npx wrangler /

/** The text of the page, or of the section under a heading. */
async function textOf(heading: string | null): Promise<string> {
  const text = await readFile(runbook, 'utf8')
  if (heading === null) return text
  const section = text.split(/^##+ /m).find((each) => each.startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`the runbook has no section ${heading}`)
  return section
}

/** The commands as they stand there: one a line, in the blocks of sh. */
function linesOf(text: string): string[] {
  const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block = '']) => block)
  return blocks
    .flatMap((block) => block.split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('export '))
}

/** The commands of the whole page that can be run beside others. Those that take a backup and restore it are run by the drill. */
export async function readCommands(): Promise<readonly string[]> {
  const restoring = await readSection('Restore the database')
  const lines = linesOf(await textOf(null))
  return lines.filter(
    (line) => !isDefinition(line) && !restoring.includes(line) && !/^pg_(dump|restore) /.test(line),
  )
}

/** The commands of the section under a heading. */
export async function readSection(heading: string): Promise<readonly string[]> {
  const lines = linesOf(await textOf(heading))
  if (lines.length === 0) throw new Error(`the section ${heading} of the runbook has no commands`)
  return lines
}

const isDefinition = (line: string) => /^(ask|see)\(\) /.test(line)

/**
 * Runs lines of the runbook one after the other in a folder, with the names that they use. Answers those that failed or printed null, and
 * the reason, except for those that need an account at a provider.
 */
export async function failuresOf(
  lines: readonly string[],
  names: Readonly<Record<string, string>>,
  folder: string,
): Promise<string[]> {
  const definitions = linesOf(await textOf(null)).filter(isDefinition)
  const environment = { ...process.env, ...names }
  const failures: string[] = []
  for (const line of lines.filter((each) => !byHand.test(each))) {
    const script = `set -o pipefail\n${definitions.join('\n')}\n${line}`
    try {
      const { stdout } = await run('bash', ['-c', script], {
        cwd: folder,
        env: environment,
        timeout: deadlineMs,
      })
      if (isVoid(stdout)) failures.push(`${line}: a name that the answer does not have`)
    } catch (error) {
      failures.push(`${line}: ${error instanceof Error ? error.message : 'no reason'}`)
    }
  }
  return failures
}

/** jq prints null for what an answer does not have: alone, or as a member of what a filter puts together. */
const isVoid = (printed: string) => /^(null| {2}"\w+": null,?)$/m.test(printed)

/** Whether a program is on the search path. */
export function has(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}
