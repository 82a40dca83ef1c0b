import { describe, expect, test } from 'vitest'
import * as dependencyRules from './dependency-rules.ts'
import { commentsAreInPlainWords } from './plain-words.ts'
import { type ProjectFile, readProject } from './project.ts'
import { importsGoDownwards } from './room-order.ts'
import * as rules from './rules.ts'

const project = readProject()

interface Guarantee {
  readonly name: string
  readonly rule: rules.Rule
  /** Files that break the rule, each in a way that the rule must find. */
  readonly canaries: Readonly<Record<string, string>>[]
}

const manifest = (parts: Record<string, Record<string, string>>) =>
  JSON.stringify({ scripts: {}, devDependencies: { ...excused }, ...parts })

/** The dependencies that the rule of use excuses, so that a canary breaks it in one way only. */
const excused = Object.fromEntries(Object.keys(dependencyRules.usedOtherwise).map((name) => [name, '1.0.0']))

const longFunction = `{\n${'  work()\n'.repeat(80)}}`

const guarantees: Guarantee[] = [
  {
    name: 'no file has 400 lines',
    rule: rules.filesAreShort,
    canaries: [{ 'worker/long.ts': 'work()\n'.repeat(400) }],
  },
  {
    name: 'no function has 70 lines',
    rule: rules.functionsAreShort,
    canaries: [
      { 'worker/declared.ts': `function long() ${longFunction}` },
      { 'worker/arrow.ts': `export const long = async (given: string) => ${longFunction}` },
      { 'worker/method.ts': `class Long {\n  async *work(): AsyncGenerator<number> ${longFunction}\n}` },
      { 'test/unit/long.test.ts': `test('long', () => ${longFunction})` },
    ],
  },
  {
    name: 'every name says something',
    rule: rules.namesSaySomething,
    canaries: [
      { 'shared/utils.ts': '' },
      { 'worker/common/clock.ts': '' },
      { 'origin/query-helpers.ts': '' },
    ],
  },
  {
    name: 'names are in kebab-case',
    rule: rules.namesAreKebabCase,
    canaries: [{ 'worker/readPath.ts': '' }, { 'shared/Limits.ts': '' }, { 'test/some_rows.json': '' }],
  },
  {
    name: 'only expected files are at the top level',
    rule: rules.topLevelIsKnown,
    canaries: [{ 'scripts/build.ts': '' }, { 'notes.md': '' }],
  },
  {
    name: 'the Worker and the origin never import each other, and shared code imports neither',
    rule: rules.foldersKeepApart,
    canaries: [
      { 'worker/a.ts': "import { b } from '../origin/b.ts'" },
      { 'origin/a.ts': "import type { B } from '../worker/b.ts'" },
      { 'origin/routes/a.ts': "export { b } from '../../worker/b.ts'" },
      { 'shared/a.ts': "export * from '../worker/b.ts'" },
      { 'shared/a.ts': "const b = await import('../origin/b.ts')" },
      { 'worker/a.ts': "type B = import('../test/b.ts').B" },
    ],
  },
  {
    name: 'every import leads to a file',
    rule: rules.importsLeadSomewhere,
    canaries: [{ 'worker/a.ts': "import './gone.ts'" }],
  },
  {
    name: 'imports go downwards only',
    rule: importsGoDownwards,
    canaries: [
      { 'worker/tiers/a.ts': "import { b } from '../cache/b.ts'", 'worker/cache/b.ts': '' },
      { 'worker/auth/a.ts': "import type { B } from '../http/b.ts'", 'worker/http/b.ts': '' },
      { 'origin/database/a.ts': "import { b } from '../routes/b.ts'", 'origin/routes/b.ts': '' },
      { 'worker/somewhere-else/a.ts': '' },
    ],
  },
  {
    name: 'imports have no circle',
    rule: rules.importsHaveNoCircle,
    canaries: [
      { 'worker/a.ts': "import './a.ts'" },
      { 'worker/a.ts': "import './b.ts'", 'worker/b.ts': "import type { A } from './a.ts'" },
      {
        'shared/start.ts': "import './a.ts'",
        'shared/a.ts': "export * from './b/b.ts'",
        'shared/b/b.ts': "import '../c.ts'",
        'shared/c.ts': "const a = await import('./a.ts')",
      },
    ],
  },
  {
    name: 'nothing is marked as unfinished',
    rule: rules.nothingIsUnfinished,
    canaries: [
      { 'worker/a.ts': `// ${'TO'}${'DO'}: the rest` },
      { 'worker/a.ts': `const sentence = 'a ${'place'}${'holder'}'` },
      { 'origin/a.sql': `-- ${'FIX'}${'ME'}` },
    ],
  },
  {
    name: 'Supabase is used in the origin alone',
    rule: rules.supabaseIsAskedInTheOrigin,
    canaries: [
      { 'worker/a.ts': "import { createClient } from '@supabase/supabase-js'" },
      { 'shared/a.ts': "import type { SupabaseClient } from '@supabase/supabase-js'" },
    ],
  },
  {
    name: "the Worker's environment is read in its configuration alone",
    rule: rules.workerEnvIsReadInOnePlace,
    canaries: [
      { 'worker/tiers/a.ts': "import type { Env } from '../env.ts'" },
      { 'worker/a.ts': "import { env } from 'cloudflare:workers'" },
      { 'worker/a.ts': "type Given = import('./env.ts').Env" },
      { 'worker/a.ts': 'const originOf = (env: { ORIGIN_URL: string }) => env.ORIGIN_URL' },
    ],
  },
  {
    name: 'comments are in plain words',
    rule: commentsAreInPlainWords,
    canaries: [
      { 'worker/tiers/a.ts': '/** Who asks for proof gets a 503. */' },
      { 'worker/tiers/a.ts': '// A tier is read. What it says\n// is judged.' },
      { 'worker/tiers/a.ts': '/** The reader is told of every change. */' },
      { 'worker/tiers/a.ts': '/** Reads it anew. */' },
    ],
  },
  {
    name: 'every export is imported by another file',
    rule: rules.exportsAreImported,
    canaries: [
      { 'shared/a.ts': 'export const a = 1' },
      {
        'shared/a.ts': 'export type A = 1\nexport const b = 2',
        'worker/b.ts': "import { b } from '../shared/a.ts'",
      },
      {
        'worker/a.ts': 'export function a() {}',
        'worker/b/a.ts': '',
        'worker/b/c.ts': "import { a } from './a.ts'",
      },
    ],
  },
  {
    name: "the wire's names of tiers are spelled in one table",
    rule: rules.tiersAreSpelledInOneTable,
    canaries: [
      { 'worker/tiers/a.ts': "const slot = { source: 'cloudflare_kv' }" },
      { 'worker/deployment/a.ts': 'const count = { redis_cache: 0, edge_cache: 0 }' },
    ],
  },
  {
    name: 'no route of the Worker opens a body; the mount does, behind the door',
    rule: rules.bodiesAreOpenedByAdmission,
    canaries: [
      { 'worker/routes/a.ts': 'const handle = (call) => parseBody(call.headers, call.body, taken)' },
      { 'worker/routes/a.ts': "import { parseBody } from '../http/input.ts'" },
    ],
  },
  {
    name: "the origin's environment is read in its configuration alone",
    rule: rules.originEnvironmentIsReadInOnePlace,
    canaries: [{ 'origin/app.ts': 'const url = process.env.SUPABASE_URL' }],
  },
  {
    name: 'package.json has exact versions',
    rule: dependencyRules.versionsAreExact,
    canaries: ['^1.0.0', '~1.0.0', '1.x', 'latest', '*', 'github:a/b'].map((version) => ({
      'package.json': manifest({ dependencies: { a: version } }),
    })),
  },
  {
    name: 'every import is a dependency of the project, and in deployed parts not a development dependency',
    rule: dependencyRules.everyImportIsDeclared,
    canaries: [
      { 'package.json': manifest({}), 'worker/a.ts': "import { a } from '@scope/a/deep.js'" },
      { 'package.json': manifest({ devDependencies: { a: '1.0.0' } }), 'origin/a.ts': "import 'a'" },
    ],
  },
  {
    name: 'every dependency is used',
    rule: dependencyRules.everyDependencyIsUsed,
    canaries: [{ 'package.json': manifest({ dependencies: { a: '1.0.0' } }), 'worker/a.ts': "import 'ab'" }],
  },
]

for (const { name, rule, canaries } of guarantees) {
  describe(name, () => {
    test('holds', () => {
      expect(rule(project)).toEqual([])
    })

    test.each(canaries.map((canary, index) => [index + 1, canary] as const))(
      'breach %i is found',
      (_, canary) => {
        expect(rule(filesOf(canary))).toHaveLength(1)
      },
    )
  })
}

test('the rules see the whole project', () => {
  const paths = project.map(({ path }) => path)
  expect(paths).toEqual(
    expect.arrayContaining(['worker/index.ts', 'origin/index.ts', 'shared/limits.ts', 'package.json']),
  )
  expect(paths.filter((path) => path.includes('node_modules'))).toEqual([])
})

function filesOf(texts: Readonly<Record<string, string>>): ProjectFile[] {
  return Object.entries(texts).map(([path, text]) => ({ path, text }))
}
