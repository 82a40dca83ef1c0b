import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * The client as an ES module for pages without a bundler: `boardcache.js`, and the parts that it loads later, whose names carry a digest.
 * They lie beside the dashboard's files, because a Worker has one folder of assets.
 */
export default defineConfig({
  root: here('.'),
  publicDir: false,
  logLevel: 'warn',
  build: {
    outDir: here('../dashboard/dist/client'),
    emptyOutDir: false,
    target: 'es2022',
    reportCompressedSize: false,
    modulePreload: false,
    lib: { entry: { boardcache: here('index.ts') }, formats: ['es'] },
    rolldownOptions: {
      // The first view needs one file. Without this, each module that a later part shares with it would be a file of its own.
      preserveEntrySignatures: 'allow-extension',
      output: { entryFileNames: '[name].js', chunkFileNames: 'boardcache-[name]-[hash].js', minify: true },
    },
  },
})
