import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Boardcache, BoardcacheOptions } from '../../worker/client/types.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

describe('the browser client that the Worker serves', () => {
  let stack: TestStack
  let folder: string

  beforeAll(async () => {
    stack = await startTestStack({ contacts: 500 })
    folder = await mkdtemp(join(tmpdir(), 'boardcache-client-'))
  })
  afterAll(async () => {
    await stack?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** Stores a module with everything that it imports, since Node loads no modules over HTTP. */
  async function store(name: string, stored: Set<string>): Promise<void> {
    if (stored.has(name)) return
    stored.add(name)
    const text = await (await fetch(`${stack.worker}/client/${name}`)).text()
    await writeFile(
      join(folder, name.replace(/\.js$/, '.mjs')),
      text.replaceAll(/(boardcache[\w-]*)\.js/g, '$1.mjs'),
    )
    for (const [, imported = ''] of text.matchAll(/["'`]\.\/(boardcache[\w-]*\.js)["'`]/g))
      await store(imported, stored)
  }

  it('runs in Node too, and shows what is changed in the database', async () => {
    const stored = new Set<string>()
    await store('boardcache.js', stored)
    expect(stored.size).toBeGreaterThan(2)
    const served: { createBoardcache(options: BoardcacheOptions): Boardcache } = await import(
      /* @vite-ignore */ pathToFileURL(join(folder, 'boardcache.mjs')).href
    )
    const client = served.createBoardcache({
      url: stack.worker,
      workspaceId: '15213',
      token: stack.tokens.member,
    })
    const page = client.board('board_123').page(1)
    const stop = page.subscribe(() => undefined)
    const [first] = (await page.read()).data?.contacts ?? []
    await eventually(() => page.peek().status === 'current')
    await stack.sql`update contacts set name = 'Seen in Node' where workspace_id = '15213' and id = ${first?.id ?? ''}`
    await eventually(() => page.peek().data?.contacts[0]?.name === 'Seen in Node')
    stop()
    client.close()
  })

  it('may be loaded by pages of every origin, and kept for as long as its name says', async () => {
    const stored = new Set<string>()
    await store('boardcache.js', stored)
    for (const name of ['boardcache.d.ts', ...stored]) {
      const answer = await fetch(`${stack.worker}/client/${name}`, {
        headers: { Origin: 'https://any.example' },
      })
      await answer.body?.cancel()
      expect(answer.status).toBe(200)
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('*')
      expect(answer.headers.get('Cross-Origin-Resource-Policy')).toBe('cross-origin')
      expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
      const isNamedByContent = name.startsWith('boardcache-')
      expect(answer.headers.get('Cache-Control')).toBe(
        isNamedByContent ? 'public, max-age=31536000, immutable' : 'public, no-cache',
      )
    }
    const missing = await fetch(`${stack.worker}/client/nothing.js`)
    expect(missing.status).toBe(404)
    await missing.body?.cancel()
  })
})
