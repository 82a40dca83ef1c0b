import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildDashboard } from '../../origin/local/dashboard-build.ts'
import { projectFolder } from '../support/run-tool.ts'

const dist = join(projectFolder, 'worker/dashboard/dist')
const firstViewBytesMax = 150_000
/** At 400 kbit/s this is a fifth of a second. */
const firstPaintBytesMax = 10_000

describe("the dashboard's build", () => {
  beforeAll(() => buildDashboard())

  /** A script and everything it imports statically. Dynamic imports are not included. */
  async function withImports(path: string, seen = new Set<string>()): Promise<Set<string>> {
    if (seen.has(path)) return seen
    seen.add(path)
    const text = await readFile(join(dist, path), 'utf8')
    for (const [, name] of text.matchAll(/(?:from|import)\s?["']\.\/([\w.-]+\.js)["']/g)) {
      await withImports(`dashboard/${name}`, seen)
    }
    return seen
  }

  it('loads less than 150 kB of compressed script for the first view', async () => {
    const page = await readFile(join(dist, 'index.html'), 'utf8')
    const [, entry] = /<script[^>]* src="\/(dashboard\/[^"]+\.js)"/.exec(page) ?? []
    const scripts = await withImports(entry ?? '')
    const contents = await Promise.all([...scripts].map((path) => readFile(join(dist, path))))
    const bytes = contents.reduce((sum, content) => sum + gzipSync(content).length, 0)
    expect(scripts.size).toBeGreaterThan(1)
    expect(bytes).toBeGreaterThan(50_000)
    expect(bytes).toBeLessThan(firstViewBytesMax)
  })

  it('paints its shell after less than 10 kB, and asks for no font and no script before', async () => {
    const page = await readFile(join(dist, 'index.html'), 'utf8')
    const head = page.slice(0, page.indexOf('</head>'))
    const styles = [...head.matchAll(/<link rel="stylesheet"[^>]* href="\/([^"]+)"/g)].map(
      ([, path = '']) => path,
    )
    const contents = await Promise.all(styles.map((path) => readFile(join(dist, path))))
    const bytes = [Buffer.from(page), ...contents].reduce((sum, content) => sum + gzipSync(content).length, 0)
    expect(styles.length).toBeGreaterThan(0)
    expect(bytes).toBeLessThan(firstPaintBytesMax)
    expect(head.indexOf('rel="stylesheet"')).toBeLessThan(head.indexOf('<script'))
    expect(head).not.toContain('woff2')
    expect(page.slice(page.indexOf('id="root"'))).toContain('class="bar"')
  })

  it('loads nothing of the viewer of the API with the dashboard', async () => {
    const page = await readFile(join(dist, 'index.html'), 'utf8')
    const [, entry] = /<script[^>]* src="\/(dashboard\/[^"]+\.js)"/.exec(page) ?? []
    const scripts = await withImports(entry ?? '')
    expect([...scripts].filter((path) => path.includes('docs'))).toEqual([])
    expect(page).not.toContain('/docs-')
  })

  it.each(['index.html', 'docs.html'])(
    'has nothing inline in %s: the policy would refuse it',
    async (name) => {
      const page = await readFile(join(dist, name), 'utf8')
      expect(page).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son\w+=/)
    },
  )

  it('is built for production', async () => {
    const names = await readdir(join(dist, 'dashboard'))
    const texts = await Promise.all(
      names
        .filter((name) => name.endsWith('.js'))
        .map((name) => readFile(join(dist, 'dashboard', name), 'utf8')),
    )
    for (const text of texts) expect(text).not.toContain('jsxDEV')
  })
})
