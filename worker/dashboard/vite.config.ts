import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { declaredResources } from './src/resources/declared.ts'

const declaredPath = fileURLToPath(new URL('src/resources/declared.ts', import.meta.url))

/** Puts what the page knows of the declared resources into the build as data, without the code it is made by. */
const declarationsAsData: Plugin = {
  name: 'declarations-as-data',
  enforce: 'pre',
  load: (id) =>
    id === declaredPath ? `export const declaredResources = ${JSON.stringify(declaredResources)}` : null,
}

const jsonSchemaModules = /\/zod\/v4\/core\/(?:json-schema-processors|to-json-schema)\.js$/

/**
 * Leaves the conversion of schemas to JSON Schema out of the page. Each schema of zod refers to it, so nothing else would; the page has what
 * it needs of it as data.
 */
const withoutJsonSchema: Plugin = {
  name: 'without-json-schema',
  transform(code, id) {
    if (!jsonSchemaModules.test(id)) return null
    const names = [...code.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => name)
    const absent = names.map((name) => `export const ${name} = () => undefined`)
    return { code: absent.join('\n'), map: null }
  },
}

/**
 * Names the stylesheets before the scripts, and gives the scripts a lower priority: the page paints its shell as soon as it has the styles, and on
 * a slow network each kilobyte of script before them delays that.
 */
const stylesFirst: Plugin = {
  name: 'styles-first',
  transformIndexHtml: {
    order: 'post',
    handler(html) {
      const styles = html.match(/ *<link rel="stylesheet"[^>]*>\n/g) ?? []
      const rest = styles.reduce((text, style) => text.replace(style, ''), html)
      return rest
        .replace(/( *<script type="module")/, (script) => `${styles.join('')}${script}`)
        .replaceAll(/<(?:script type="module"|link rel="modulepreload")/g, '$& fetchpriority="low"')
    },
  },
}

/** The dashboard's build: files whose names carry a digest, under `/dashboard/`, and the pages that load them. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  appType: 'mpa',
  publicDir: false,
  logLevel: 'warn',
  plugins: [declarationsAsData, withoutJsonSchema, stylesFirst],
  build: {
    outDir: 'dist',
    assetsDir: 'dashboard',
    emptyOutDir: true,
    target: 'es2022',
    // Inlined pictures would need `data:` in the page's content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // The viewer of `/docs` has 1,546 kB, which nothing but that page loads.
    chunkSizeWarningLimit: 1_600,
    rolldownOptions: {
      // The dashboard, and the API's description, each with what it needs alone.
      input: {
        index: fileURLToPath(new URL('index.html', import.meta.url)),
        docs: fileURLToPath(new URL('docs.html', import.meta.url)),
      },
      // TanStack Query marks its modules for servers that render React; there is none here.
      onLog(level, log, report) {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log)
      },
    },
  },
})
