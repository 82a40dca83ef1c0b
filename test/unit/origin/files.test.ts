import { readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFileLinks } from '../../../origin/files/file-links.ts'
import type { FileStore } from '../../../origin/files/file-store.ts'
import { createFolderFiles } from '../../../origin/files/folder-files.ts'
import { createSupabaseFiles } from '../../../origin/files/supabase-files.ts'
import { systemClock } from '../../../shared/clock.ts'
import { makeDataDirectory } from '../../support/run-folder.ts'

const links = createFileLinks('an internal key of this test')
const never = new AbortController().signal
const bytesOf = (text: string) => new TextEncoder().encode(text)
const chunks = (...texts: readonly string[]) => ReadableStream.from(texts.map(bytesOf))
const textOf = async (store: FileStore, name: string) => {
  const file = await store.get(name, never)
  return file.ok ? new Response(file.value).text() : file.error.kind
}

let folder = ''
const storage = createStorageStandIn()
const stores: Record<string, FileStore> = {}

beforeAll(async () => {
  folder = await makeDataDirectory()
  stores['a folder'] = createFolderFiles({ folder, url: 'http://origin.test', links })
  stores["Supabase's storage"] = createSupabaseFiles({
    ...{ supabaseUrl: await storage.start(), secretKey: 'sb_secret_of_this_test' },
    ...{ bucket: 'files', clock: systemClock },
  })
})
afterAll(async () => {
  await storage.stop()
  await rm(folder, { recursive: true, force: true })
})
const storeNamed = (name: string): FileStore => {
  const store = stores[name]
  if (store === undefined) throw new Error('there is no such store')
  return store
}

describe.for(['a folder', "Supabase's storage"])('files in %s', (kind) => {
  test('are read as they were stored, and are gone when they are removed', async () => {
    const store = storeNamed(kind)
    expect(await store.put('exports/a', chunks('one ', 'two'), 'text/csv', never)).toEqual({ ok: true })
    expect(await store.put('imports/b', chunks('x'.repeat(300_000)), 'text/csv', never)).toEqual({ ok: true })
    expect(await textOf(store, 'exports/a')).toBe('one two')
    expect(await textOf(store, 'imports/b')).toHaveLength(300_000)
    expect(await store.remove(['exports/a', 'exports/never'], never)).toEqual({ ok: true })
    expect(await textOf(store, 'exports/a')).toBe('not_found')
    expect(await textOf(store, 'imports/b')).toHaveLength(300_000)
  })

  test('are not there if their content fails, or if somebody ends the call', async () => {
    const store = storeNamed(kind)
    const failing = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytesOf('half')),
      pull: (controller) => controller.error(new Error('the source is gone')),
    })
    expect(await store.put('exports/half', failing, 'text/csv', never)).toMatchObject({ ok: false })
    const ending = new AbortController()
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytesOf('half')),
      pull: () => {
        ending.abort()
        return new Promise(() => undefined)
      },
    })
    expect(await store.put('exports/ended', endless, 'text/csv', ending.signal)).toMatchObject({ ok: false })
    expect(await textOf(store, 'exports/half')).toBe('not_found')
    expect(await textOf(store, 'exports/ended')).toBe('not_found')
  })
})

describe('a folder', () => {
  test('keeps nothing of a file that was not completed, and takes no name that leads out of it', async () => {
    const left = await readdir(folder, { recursive: true })
    expect(left.filter((name) => name.endsWith('.part'))).toEqual([])
    const store = storeNamed('a folder')
    for (const name of [
      '../out',
      'exports/../../out',
      'exports/..',
      'exports/.',
      '/etc/passwd',
      'other/a',
      'exports/a/b',
      '',
    ]) {
      expect(await store.put(name, chunks('x'), 'text/csv', never)).toMatchObject({ ok: false })
      expect(await textOf(store, name)).toBe('not_found')
      expect(await store.remove([name], never)).toEqual({ ok: true })
    }
    expect(await readdir(join(folder, '..'))).not.toContain('out')
  })
})

test('the part of a file that a dead process left is removed with the name of the file', async () => {
  const store = storeNamed('a folder')
  await store.put('exports/other', chunks('x'), 'text/csv', never)
  await writeFile(join(folder, 'exports/killed.part'), 'half')
  expect(await textOf(store, 'exports/killed')).toBe('not_found')
  await store.remove(['exports/killed'], never)
  expect(await readdir(join(folder, 'exports'))).not.toContain('killed.part')
  expect(await textOf(store, 'exports/other')).toBe('x')
})

describe('a link to a file', () => {
  const name = 'exports/a'
  const link = { savedAs: 'contacts.csv', expiresAtMs: 2_000 }
  const queryOf = (path: string) => Object.fromEntries(new URL(path, 'http://origin.test').searchParams)

  test('leads to its file until it expires, at every origin with the same key', () => {
    const query = queryOf(links.pathOf(name, link))
    const other = createFileLinks('an internal key of this test')
    expect(other.read(name, query, 1_999)).toEqual(link)
    expect(other.read(name, query, 2_000)).toBeNull()
    expect(createFileLinks('another internal key').read(name, query, 0)).toBeNull()
  })

  test('leads nowhere once anything of it has changed', () => {
    const query = queryOf(links.pathOf(name, link))
    fc.assert(
      fc.property(
        fc.constantFrom('expires', 'as', 'signature'),
        fc.nat(50),
        fc.string({ maxLength: 3 }),
        (part, at, put) => {
          const value = query[part] ?? ''
          const changed = `${value.slice(0, at)}${put}${value.slice(at + 1)}`
          fc.pre(changed !== value)
          // The last character of a signature has bits that mean nothing.
          fc.pre(
            part !== 'signature' ||
              Buffer.from(changed, 'base64url').compare(Buffer.from(value, 'base64url')) !== 0,
          )
          expect(links.read(name, { ...query, [part]: changed }, 0)).toBeNull()
        },
      ),
    )
    expect(links.read('exports/b', query, 0)).toBeNull()
    expect(links.read(name, { ...query, more: '1' }, 0)).toBeNull()
    expect(links.read(name, {}, 0)).toBeNull()
  })

  test('names the origin in a folder, and is signed by Supabase in its storage', async () => {
    const until = { savedAs: 'contacts.csv', expiresAtMs: systemClock.now() + 3_600_000 }
    const own = await storeNamed('a folder').link(name, until, never)
    expect(
      own.ok && own.value.startsWith(`http://origin.test/files/exports/a?expires=${until.expiresAtMs}&`),
    ).toBe(true)
    const theirs = await storeNamed("Supabase's storage").link('imports/b', until, never)
    expect(theirs).toMatchObject({
      ok: true,
      value: expect.stringMatching(/\/object\/sign\/files\/imports\/b\?token=.*&download=contacts\.csv$/),
    })
    expect(storage.signedFor.at(-1)).toBeGreaterThan(3_590)
    expect(await storeNamed("Supabase's storage").link('imports/none', until, never)).toEqual({
      ok: false,
      error: { kind: 'not_found' },
    })
  })
})

/** The part of Supabase Storage's HTTP interface that these tests need: a private bucket that must be made first. */
function createStorageStandIn() {
  const objects = new Map<string, Buffer>()
  const signedFor: number[] = []
  let hasBucket = false
  const absent = { status: 400, body: { statusCode: '404', error: 'not_found', message: 'Object not found' } }

  async function answer(request: IncomingMessage): Promise<{ status: number; body: object | Buffer }> {
    const path = (request.url ?? '').replace('/storage/v1', '')
    const content = await readAll(request)
    if (request.headers.authorization !== 'Bearer sb_secret_of_this_test') return { status: 401, body: {} }
    if (path === '/bucket') {
      const status = hasBucket ? 409 : 200
      hasBucket = true
      return { status, body: status === 200 ? { name: 'files' } : { statusCode: '409', message: 'exists' } }
    }
    if (!hasBucket) return { status: 400, body: { statusCode: '404', message: 'Bucket not found' } }
    const [, sign, name = ''] = /^\/object\/(sign\/)?files\/?(.*)$/.exec(path) ?? []
    return sign === undefined ? answerObject(request.method ?? '', name, content) : signObject(name, content)
  }

  function signObject(name: string, content: Buffer) {
    if (!objects.has(name)) return absent
    signedFor.push(Number(JSON.parse(content.toString()).expiresIn))
    return { status: 200, body: { signedURL: `/object/sign/files/${name}?token=signed` } }
  }

  function answerObject(method: string, name: string, content: Buffer) {
    if (method === 'POST') {
      objects.set(name, content)
      return { status: 200, body: { Id: name, Key: `files/${name}` } }
    }
    if (method === 'DELETE') {
      for (const prefix of JSON.parse(content.toString()).prefixes) objects.delete(prefix)
      return { status: 200, body: [] }
    }
    const stored = objects.get(name)
    return stored === undefined ? absent : { status: 200, body: stored }
  }

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => {
        const isFile = Buffer.isBuffer(body)
        response.writeHead(status, {
          'Content-Type': isFile ? 'application/octet-stream' : 'application/json',
        })
        response.end(isFile ? body : JSON.stringify(body))
      },
      () => response.destroy(),
    )
  })

  return {
    signedFor,
    start: () =>
      new Promise<string>((resolve) => {
        server.listen(0, '127.0.0.1', () => {
          const { port } = server.address() as AddressInfo
          resolve(`http://127.0.0.1:${port}`)
        })
      }),
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}
