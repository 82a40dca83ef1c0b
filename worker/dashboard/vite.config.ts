import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** The dashboard's build: files whose names carry a digest, under `/dashboard/`, and the page that loads them. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  appType: 'mpa',
  publicDir: false,
  logLevel: 'warn',
  build: {
    outDir: 'dist',
    assetsDir: 'dashboard',
    emptyOutDir: true,
    target: 'es2022',
    // Inlined pictures would need `data:` in the page's content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 400,
    rolldownOptions: {
      // TanStack Query marks its modules for servers that render React; there is none here.
      onLog(level, log, report) {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log)
      },
    },
  },
})
