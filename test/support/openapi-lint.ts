import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { runTool } from './run-tool.ts'

const lintOutputSchema = z.object({
  totals: z.object({ errors: z.int(), warnings: z.int() }),
  problems: z.array(
    z.object({
      ruleId: z.string(),
      severity: z.string(),
      message: z.string(),
      location: z.array(z.object({ pointer: z.string().optional() })).default([]),
    }),
  ),
})

const config = fileURLToPath(new URL('redocly.yaml', import.meta.url))

/**
 * Lints an OpenAPI document by the rules of redocly.yaml. Answers one line for each problem, and none for a correct
 * document. A warning counts like an error. Rejects if the linter gives no answer.
 */
export async function lintOpenApi(document: object): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'boardcache-openapi-'))
  try {
    const file = join(folder, 'openapi.json')
    await writeFile(file, JSON.stringify(document))
    const { stdout, stderr } = await runTool(
      'redocly',
      ['lint', '--format', 'json', '--config', config, '--max-problems', '1000', file],
      // The linter would send telemetry and look for updates without these.
      { environment: { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' } },
    )
    const { totals, problems } = readOutput(stdout, stderr)
    const lines = problems.map(
      ({ ruleId, severity, message, location }) =>
        `${severity} ${ruleId} at ${location[0]?.pointer ?? '#/'}: ${message}`,
    )
    const unnamed = totals.errors + totals.warnings - problems.length
    return unnamed > 0 ? [...lines, `and ${unnamed} more`] : lines
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function readOutput(stdout: string, stderr: string): z.output<typeof lintOutputSchema> {
  const start = stdout.indexOf('{')
  if (start < 0) throw new Error(`The OpenAPI linter gave no answer: ${stderr}`)
  return lintOutputSchema.parse(JSON.parse(stdout.slice(start)))
}

if (import.meta.main) {
  const { routes } = await import('../../worker/app.ts')
  const { openApiDocument } = await import('../../worker/http/openapi.ts')
  const problems = await lintOpenApi(openApiDocument(routes))
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) {
    console.error(`OpenAPI: ${problems.length} problems in the document of /openapi.json.`)
    process.exitCode = 1
  } else console.log('OpenAPI: no problems in the document of /openapi.json.')
}
