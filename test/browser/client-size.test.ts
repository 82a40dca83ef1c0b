import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { projectFolder } from '../support/run-tool.ts'

/** Parts that are loaded later are files of their own. */
const laterParts: Plugin = {
  name: 'later-parts',
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    )
  },
}

async function gzipBytesOf(entry: string): Promise<number> {
  const { outputFiles } = await build({
    absWorkingDir: projectFolder,
    entryPoints: [`worker/client/${entry}`],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    plugins: [laterParts],
  })
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length
}

describe('the browser client', () => {
  it.each([
    ['the core', 'index.ts', 8_000],
    ['the live part', 'live/live-side.ts', 4_800],
    ['the part for writes', 'contact-writer.ts', 3_200],
    ['the part for the disk', 'disk.ts', 1_600],
    ['the part for IndexedDB', 'browser-shelves.ts', 800],
    ['the part for explanations', 'inspection.ts', 500],
  ])('has a bounded size, gzip, in %s (%s): at most %i bytes', async (_, entry, bytesMax) => {
    const bytes = await gzipBytesOf(entry)
    expect(bytes).toBeGreaterThan(100)
    expect(bytes).toBeLessThanOrEqual(bytesMax)
  })

  it('has at most 18.5 kB with everything that it loads later', async () => {
    const entries = [
      'index.ts',
      'live/live-side.ts',
      'contact-writer.ts',
      'disk.ts',
      'browser-shelves.ts',
      'inspection.ts',
    ]
    const sizes = await Promise.all(entries.map(gzipBytesOf))
    // Each part is measured with its own copy of what it shares with the core.
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(18_500)
  })
})
