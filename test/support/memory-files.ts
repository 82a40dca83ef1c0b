import type { FileStore } from '../../origin/files/file-store.ts'
import { err, ok } from '../../shared/result.ts'

/** A file store in memory. */
export interface MemoryFiles extends FileStore {
  readonly files: Map<string, Uint8Array<ArrayBuffer>>
}

export function createMemoryFiles(): MemoryFiles {
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  return {
    files,
    async put(name, content, _contentType, signal) {
      try {
        const bytes = new Uint8Array(await new Response(content).arrayBuffer())
        signal.throwIfAborted()
        files.set(name, bytes)
        return ok(undefined)
      } catch {
        return err({ kind: 'unavailable' })
      }
    },
    async get(name) {
      const bytes = files.get(name)
      return bytes === undefined ? err({ kind: 'not_found' }) : ok(new Blob([bytes]).stream())
    },
    async remove(names) {
      for (const name of names) files.delete(name)
      return ok(undefined)
    },
    link: async (name, { expiresAtMs }) => ok(`memory:${name}?expires=${expiresAtMs}`),
  }
}
