import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { projectFolder } from '../../support/run-tool.ts'

/** The compressed bytes of what a page loads at once, and of the parts that it loads later, by their names. */
async function sizesOf(contents: string, external: readonly string[]) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: projectFolder, loader: 'ts' },
    ...{ bundle: true, splitting: true, format: 'esm', write: false, minify: true, metafile: true },
    outdir: join(projectFolder, 'nowhere'),
    absWorkingDir: projectFolder,
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    external: ['react', 'react/*', ...external],
  })
  const bytes = (path: string) =>
    gzipSync(outputFiles.find((file) => file.path.endsWith(path))?.contents ?? '').length
  const atOnce = new Set(['nowhere/stdin.js'])
  for (const path of atOnce)
    for (const { path: next, kind, external } of metafile.outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && external !== true) atOnce.add(next)
  const later = (name: string) =>
    bytes(Object.keys(metafile.outputs).find((path) => path.includes(name)) ?? '?')
  return { atOnce: [...atOnce].reduce((sum, path) => sum + bytes(path), 0), later }
}

const hooks = `export * from './worker/client/react/index.ts'`

describe('what an application with React loads', () => {
  it('is at most 2,000 bytes of hooks at once, and at most 2,800 bytes for virtual lists when one is shown', async () => {
    const { atOnce, later } = await sizesOf(hooks, ['@tanstack/*'])
    expect(atOnce).toBeGreaterThan(500)
    expect(atOnce).toBeLessThanOrEqual(2_000)
    expect(later('rows-by-index')).toBeGreaterThan(1_000)
    expect(later('rows-by-index')).toBeLessThanOrEqual(2_800)
  })

  it('is at most 20,000 bytes at once with the client and TanStack Query', async () => {
    const all = `${hooks}; export { createBoardcache } from './worker/client/index.ts'
      export { QueryClient, QueryClientProvider } from '@tanstack/react-query'`
    const { atOnce } = await sizesOf(all, [])
    expect(atOnce).toBeGreaterThan(10_000)
    expect(atOnce).toBeLessThanOrEqual(20_000)
  })
})
