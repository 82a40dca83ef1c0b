import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import { projectFolder } from '../support/run-tool.ts'

/** A page and its scripts on a server of their own, as an application has them: another origin than the Worker's. */
export interface ServedApp {
  readonly origin: string
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
export async function serveScripts(
  page: string,
  entryPoints: Readonly<Record<string, string>>,
): Promise<ServedApp> {
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
  const files = new Map<string, string | Uint8Array>([['/index.html', page]])
  for (const { path, contents } of outputFiles) files.set(path, contents)
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://app')
    const path = pathname === '/' ? '/index.html' : pathname
    const file = files.get(path)
    const type = types[path.split('.').at(-1) ?? ''] ?? 'text/plain'
    response.writeHead(file === undefined ? 404 : 200, { 'Content-Type': type }).end(file)
  })
  const { promise: listening, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await listening
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    stop() {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeAllConnections()
      return promise
    },
  }
}
