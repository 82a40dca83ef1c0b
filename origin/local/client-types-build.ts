import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const project = fileURLToPath(new URL('../../', import.meta.url))
const deadlineMs = 60_000

/** The files with the client's public types, each after those that it uses. */
const files = ['api-types', 'client-error', 'answer', 'api', 'live/connection-status', 'types', 'index']

/**
 * The declarations of the browser client in one file, for pages that load it from the Worker. The compiler makes one for each source
 * file. They are joined without their imports, since no two of them declare the same name.
 */
export async function clientDeclarations(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'boardcache-declarations-'))
  try {
    const tsc = join(project, 'node_modules/typescript/bin/tsc')
    const options = [
      '--declaration',
      '--emitDeclarationOnly',
      '--noEmit',
      'false',
      '--rootDir',
      '.',
      '--outDir',
      folder,
    ]
    await promisify(execFile)(process.execPath, [tsc, '-p', 'worker/client', ...options], {
      cwd: project,
      timeout: deadlineMs,
    })
    const texts = await Promise.all(
      files.map((file) => readFile(join(folder, `worker/client/${file}.d.ts`), 'utf8')),
    )
    return texts.map(withoutLinks).join('\n')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Without imports, and without exports from other files. */
function withoutLinks(text: string): string {
  return text.replace(/^(?:import|export)\s[^;]*?\sfrom\s'[^']*';?\n/gm, '').replace(/^export \{\};?\n/gm, '')
}
