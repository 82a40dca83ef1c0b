import { posix } from 'node:path'
import { isTypeScript, linesOf, type ProjectFile } from './project.ts'
import { type Import, type Syntax, syntaxOf } from './syntax.ts'

/**
 * The rules of the house. Each is a function from the project's files to a list of breaches, one line each, which
 * names the file. The list is empty if the rule holds.
 */
export type Rule = (files: readonly ProjectFile[]) => string[]

/** Files that a program writes (`npm run client:types`). */
const generated = new Set(['worker/client/api-types.ts'])
const isGenerated = ({ path }: ProjectFile) => generated.has(path)

const fileLinesMax = 399
const functionLinesMax = 69

export const filesAreShort: Rule = (files) =>
  files
    .filter((file) => isTypeScript(file) && !isGenerated(file) && linesOf(file) > fileLinesMax)
    .map((file) => `${file.path} has ${linesOf(file)} lines, at most ${fileLinesMax}`)

export const functionsAreShort: Rule = (files) =>
  withSyntax(files).flatMap(({ path, functions }) =>
    functions
      .filter(({ lines }) => lines > functionLinesMax)
      .map(
        ({ line, lines }) => `${path}:${line} has a function of ${lines} lines, at most ${functionLinesMax}`,
      ),
  )

const namesThatSayNothing = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'manager', 'misc'])

export const namesSaySomething: Rule = (files) =>
  files
    .filter(({ path }) => path.split(/[/.\-_]/).some((word) => namesThatSayNothing.has(word.toLowerCase())))
    .map(({ path }) => `${path} has a name that says nothing`)

/** Names that a tool requires. */
const namedByATool = /(^|\/)README\.md$|^origin\/supabase\/migrations\/\d{14}_[a-z0-9_]+\.sql$/

export const namesAreKebabCase: Rule = (files) =>
  files
    .filter(({ path }) => !namedByATool.test(path))
    .filter(({ path }) => path.split('/').some((part) => !/^\.?[a-z0-9]+([-.][a-z0-9]+)*$/.test(part)))
    .map(({ path }) => `${path} is not in kebab-case`)

const topLevel = new Set([
  ...['worker', 'origin', 'shared', 'test'],
  ...['wrangler.toml', 'package.json', 'tsconfig.json', 'README.md'],
  // Files that a tool requires at the top level.
  ...['package-lock.json', 'biome.json', '.gitignore', '.npmrc', '.ci'],
])

export const topLevelIsKnown: Rule = (files) =>
  [...new Set(files.map(({ path }) => path.split('/')[0] ?? path))]
    .filter((entry) => !topLevel.has(entry))
    .map((entry) => `${entry} does not belong at the top level`)

/** Which part may import from which. The Worker and the origin meet only in `shared`. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  worker: ['worker', 'shared'],
  origin: ['origin', 'shared'],
  shared: ['shared'],
  test: ['test', 'worker', 'origin', 'shared'],
}

export const foldersKeepApart: Rule = (files) =>
  importsWithin(files).flatMap(({ path, target }) => {
    const from = folderOf(path)
    const to = folderOf(target)
    return (mayImport[from] ?? []).includes(to)
      ? []
      : [`${path} imports ${target}: ${from}/ may not import ${to}/`]
  })

export const importsLeadSomewhere: Rule = (files) => {
  const paths = new Set(files.map(({ path }) => path))
  return importsWithin(files)
    .filter(({ target }) => !paths.has(target))
    .map(({ path, target }) => `${path} imports ${target}, which is not there`)
}

/** Types count too: a circle of types is a circle in the design. */
export const importsHaveNoCircle: Rule = (files) => {
  const targets = new Map<string, string[]>()
  for (const { path, target } of importsWithin(files))
    targets.set(path, [...(targets.get(path) ?? []), target])
  const done = new Set<string>()
  const circles = new Set<string>()
  const visit = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) circles.add([...trail.slice(trail.indexOf(path)), path].join(' → '))
    else if (!done.has(path)) {
      for (const target of targets.get(path) ?? []) visit(target, [...trail, path])
      done.add(path)
    }
  }
  for (const path of targets.keys()) visit(path, [])
  return [...circles]
}

/** Files whose exports a tool or the platform uses by name. */
const givesToTools = new Set([
  ...['worker/index.ts', 'worker/dashboard/vite.config.ts', 'worker/client/vite.config.ts'],
  // Applications import these.
  ...['worker/client/index.ts', 'worker/client/react/index.ts', 'worker/client/api-types.ts'],
])

export const exportsAreImported: Rule = (files) => {
  const imported = new Set<string>()
  const importedWhole = new Set<string>()
  for (const { path, imports } of withSyntax(files)) {
    for (const { specifier, names } of imports) {
      const target = targetOf(path, specifier)
      if (target === null) continue
      if (names.length === 0) importedWhole.add(target)
      for (const name of names) imported.add(`${target} ${name}`)
    }
  }
  return withSyntax(files)
    .filter(({ path }) => /^(worker|origin|shared)\//.test(path))
    .filter(({ path }) => !givesToTools.has(path) && !importedWhole.has(path))
    .flatMap(({ path, exports }) =>
      exports
        .filter(({ text }) => !imported.has(`${path} ${text}`))
        .map(({ text, line }) => `${path}:${line} exports ${text}, which no other file imports`),
    )
}

/** In capitals, because "todo" is a Spanish word. */
const unfinished = /\b(TODO|FIXME|XXX|HACK|[Pp]laceholder|[Ll]orem ipsum)\b/

export const nothingIsUnfinished: Rule = (files) => [
  ...withSyntax(files).flatMap(({ path, words }) =>
    words
      .filter(({ text }) => unfinished.test(text))
      .map(({ line, text }) => `${path}:${line} says "${text.trim()}"`),
  ),
  ...files
    .filter(({ path }) => /\.(sql|toml|sh)$/.test(path))
    .filter(({ text }) => unfinished.test(text))
    .map(({ path }) => `${path} has something unfinished`),
]

const supabaseFolders = new Set(['origin', 'test'])
/** Signs users in, in their browsers. */
const supabaseSignIn = 'worker/dashboard/src/auth/session.ts'

export const supabaseIsAskedInTheOrigin: Rule = (files) =>
  withSyntax(files)
    .filter(({ path }) => !supabaseFolders.has(folderOf(path)) && path !== supabaseSignIn)
    .filter(({ imports }) => imports.some(isOf('@supabase/')))
    .map(({ path }) => `${path} imports Supabase, which only the origin asks`)

/**
 * config.ts reads the environment, services.ts puts parts together from it, and the entry and its routes pass it on.
 * The platform hands it to each Durable Object. In the mount, Hono's `env` holds the exchange and never the
 * environment.
 */
const mayNameEnv = new Set([
  ...['worker/config.ts', 'worker/env.ts', 'worker/services.ts', 'worker/app.ts', 'worker/index.ts'],
  'worker/http/mount.ts',
  ...[
    'worker/ledger/ledger.ts',
    'worker/ledger/marks.ts',
    'worker/live/live-hub.ts',
    'worker/deployment/metrics/metrics-store.ts',
    'worker/deployment/metrics-overview.ts',
  ],
])

export const workerEnvIsReadInOnePlace: Rule = (files) =>
  withSyntax(files)
    .filter(({ path }) => folderOf(path) === 'worker' && !mayNameEnv.has(path))
    .filter(({ words }) => words.some(({ text }) => text === 'Env' || text === 'env'))
    .map(({ path }) => `${path} takes the environment; only worker/config.ts reads it`)

/** The table of names. */
const maySpellWireNames = /^test\/|^shared\/contract\/tier-names\.ts$/
const wireNamesOfTiers = new Set(['edge_cache', 'cloudflare_kv', 'redis_cache'])

export const tiersAreSpelledInOneTable: Rule = (files) =>
  withSyntax(files)
    .filter(({ path }) => !maySpellWireNames.test(path) && !generated.has(path))
    .flatMap(({ path, words }) => {
      const spelled = words.find(({ text }) => wireNamesOfTiers.has(text))
      return spelled === undefined
        ? []
        : [`${path}:${spelled.line} spells a tier as the wire does; take it from tier-names.ts`]
    })

const mayOpenBodies = new Set(['worker/http/input.ts', 'worker/http/exchange.ts'])

/**
 * Only the object that admission hands out reads a body. A route that read the request's own body could do so before
 * its sender is known.
 */
export const bodiesAreOpenedByAdmission: Rule = (files) =>
  withSyntax(files)
    .filter(({ path }) => folderOf(path) === 'worker' && !mayOpenBodies.has(path))
    .filter(({ words }) => words.some(({ text }) => text === 'parseBody'))
    .map(({ path }) => `${path} opens a request's body; only the mount does, behind the door`)

export const originEnvironmentIsReadInOnePlace: Rule = (files) =>
  files
    .filter((file) => isTypeScript(file) && /^(origin|shared|worker)\//.test(file.path))
    .filter(({ path }) => path !== 'origin/config.ts' && !path.startsWith('origin/local/'))
    .filter(({ text }) => /\bprocess\.env\b/.test(text))
    .map(({ path }) => `${path} reads process.env; only origin/config.ts does`)

/** An import within the project, both ends as paths from the project's folder. */
export function importsWithin(files: readonly ProjectFile[]): { path: string; target: string }[] {
  return withSyntax(files).flatMap(({ path, imports }) =>
    imports.flatMap(({ specifier }) => {
      const target = targetOf(path, specifier)
      return target === null ? [] : [{ path, target }]
    }),
  )
}

function targetOf(path: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : null
}

function isOf(prefix: string): (module: Import) => boolean {
  return ({ specifier }) => specifier.startsWith(prefix)
}

function folderOf(path: string): string {
  return path.split('/')[0] ?? path
}

const parsed = new WeakMap<ProjectFile, Syntax>()

/** Every TypeScript file with its syntax, parsed once for all rules. */
export function withSyntax(files: readonly ProjectFile[]): (Syntax & { readonly path: string })[] {
  return files.filter(isTypeScript).map((file) => {
    const syntax = parsed.get(file) ?? syntaxOf(file)
    parsed.set(file, syntax)
    return { path: file.path, ...syntax }
  })
}
