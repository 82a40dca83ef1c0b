import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'
import { projectFolder } from '../support/run-tool.ts'

/** Scripts by the names under which a page finds them. */
type EntryPoints = Readonly<Record<string, string>>

/** A page and its scripts on a server of their own, as an application has them: another origin than the Worker's. */
export interface ServedApp {
  readonly origin: string
  /** Serves another page with other scripts from now on. */
  replace(page: string, entryPoints: EntryPoints): Promise<void>
  stop(): Promise<void>
}

const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' }

/** Builds the React example (test/example-app) and serves it. */
export async function serveExampleApp(): Promise<ServedApp> {
  const folder = join(projectFolder, 'test/example-app')
  const page = await readFile(join(folder, 'index.html'), 'utf8')
  return serveScripts(page, { main: join(folder, 'main.tsx') })
}

/** Bundles each script under its name and serves it beside a page. `boardcache/client` is the client of this project. */
export async function serveScripts(page: string, entryPoints: EntryPoints): Promise<ServedApp> {
  let files = await filesOf(page, entryPoints)
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://app')
    const path = pathname === '/' ? '/index.html' : pathname
    const file = files.get(path)
    const type = types[path.split('.').at(-1) ?? ''] ?? 'text/plain'
    response.writeHead(file === undefined ? 404 : 200, { 'Content-Type': type }).end(file)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    async replace(otherPage, others) {
      files = await filesOf(otherPage, others)
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function filesOf(page: string, entryPoints: EntryPoints): Promise<Map<string, string | Uint8Array>> {
  const files = new Map<string, string | Uint8Array>([
    ['/index.html', page],
    ['/favicon.ico', ''],
  ])
  if (Object.keys(entryPoints).length === 0) return files
  const { outputFiles } = await build({
    entryPoints: { ...entryPoints },
    ...{ bundle: true, splitting: true, format: 'esm', write: false, outdir: '/', minify: true },
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    alias: {
      'boardcache/client': join(projectFolder, 'worker/client/index.ts'),
      'boardcache/client/react': join(projectFolder, 'worker/client/react/index.ts'),
    },
    nodePaths: [join(projectFolder, 'node_modules')],
  })
  for (const { path, contents } of outputFiles) files.set(path, contents)
  return files
}
