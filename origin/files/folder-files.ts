import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { err, ok } from '../../shared/result.ts'
import type { FileLinks } from './file-links.ts'
import type { FileFailure, FileStore } from './file-store.ts'
import { isFileName } from './file-store.ts'

interface FolderOptions {
  /** A folder of this machine, or one that all origins mount. */
  readonly folder: string
  /** The origin's address as those who follow links reach it. */
  readonly url: string
  readonly links: FileLinks
}

/**
 * Files in a folder, which the origin serves at `/files/`. A file gets its name once it is whole. The part that a process leaves behind
 * when it dies is removed with its file's name.
 */
export function createFolderFiles({ folder, url, links }: FolderOptions): FileStore {
  const pathOf = (name: string) => join(folder, name)

  return {
    async put(name, content, _contentType, signal) {
      if (!isFileName(name)) return err({ kind: 'unavailable' })
      const path = pathOf(name)
      const partial = partialOf(path)
      try {
        await mkdir(dirname(path), { recursive: true })
        await pipeline(Readable.fromWeb(content), createWriteStream(partial), { signal })
        await rename(partial, path)
        return ok(undefined)
      } catch {
        await rm(partial, { force: true }).catch(() => undefined)
        return err({ kind: 'unavailable' })
      }
    },
    async get(name, signal) {
      if (!isFileName(name)) return err({ kind: 'not_found' })
      try {
        const handle = await open(pathOf(name), 'r')
        const stream = createReadStream('', { fd: handle, signal })
        // A stream without a listener would throw an abort as an uncaught error.
        stream.on('error', () => undefined)
        return ok(Readable.toWeb(stream))
      } catch (error) {
        return err(failureOf(error))
      }
    },
    async remove(names) {
      for (const name of names) {
        if (!isFileName(name)) continue
        try {
          await rm(pathOf(name), { force: true })
          await rm(partialOf(pathOf(name)), { force: true })
        } catch {
          return err({ kind: 'unavailable' })
        }
      }
      return ok(undefined)
    },
    async link(name, link) {
      return ok(`${url}${links.pathOf(name, link)}`)
    },
  }
}

const partialOf = (path: string) => `${path}.part`

function failureOf(error: unknown): FileFailure {
  const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
  return { kind: isAbsent ? 'not_found' : 'unavailable' }
}
