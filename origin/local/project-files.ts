import { type FSWatcher, watch } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LocalError } from './local-error.ts'

interface WatchedFiles {
  /** The folder of the project. */
  readonly root: string
  /** Files and folders below it. A folder counts with everything in it, folders that are made later included. */
  readonly paths: readonly string[]
  /** Names of folders that are left out, wherever they are. */
  readonly ignored: ReadonlySet<string>
  /** Receives the files that were changed, added or removed, as paths from the root with `/`. */
  onChange(paths: readonly string[]): void
  /** Receives why new folders could not be watched; the others still are. */
  onFailure(error: Error): void
}

/** An editor writes a file in several steps, and a checkout writes many files. They are reported together. */
const settleMs = 40

/**
 * Reports changes of files until `stop` is called. The events of the file system only say when to look: what changed is found
 * by comparing sizes and times of all files, so that files that an editor replaces, temporary files and new folders need no
 * rules of their own. Throws a LocalError where the system cannot watch that many folders.
 */
export async function watchFiles(options: WatchedFiles): Promise<{ stop(): void }> {
  const { root, onChange, onFailure } = options
  let watchers = new Map<string, FSWatcher>()
  let known: Listing['files'] = new Map()
  let settling: NodeJS.Timeout | undefined
  let isStopped = false
  let compared: Promise<void> = Promise.resolve()

  const lookSoon = () => {
    if (isStopped) return
    clearTimeout(settling)
    settling = setTimeout(() => {
      compared = compared.then(compare).catch(onFailure)
    }, settleMs)
  }
  const look = async () => {
    const { files, folders } = await listFiles(options)
    const before = watchers
    watchers = new Map()
    for (const [identity, folder] of folders) {
      const watcher = before.get(identity) ?? (isStopped ? null : watchFolder(root, folder, lookSoon))
      if (watcher !== null) watchers.set(identity, watcher)
      // A file that was written to a new folder before the folder was watched caused no event.
      if (!before.has(identity)) lookSoon()
    }
    for (const [identity, watcher] of before) if (!watchers.has(identity)) watcher.close()
    return files
  }
  const compare = async () => {
    const files = await look()
    const all = new Set([...known.keys(), ...files.keys()])
    const changed = [...all].filter((path) => known.get(path) !== files.get(path))
    known = files
    if (changed.length > 0 && !isStopped) onChange(changed)
  }

  known = await look()
  return {
    stop() {
      isStopped = true
      clearTimeout(settling)
      for (const watcher of watchers.values()) watcher.close()
    },
  }
}

/** Null for a folder that has just been removed. */
function watchFolder(root: string, folder: string, onEvent: () => void): FSWatcher | null {
  try {
    // An error here is the folder's removal, which is an event of its parent too.
    return watch(join(root, folder), onEvent).on('error', onEvent)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    if (code === 'ENOENT') return null
    throw new LocalError(
      `The folder ${join(root, folder)} cannot be watched (${code}). If the code is ENOSPC or EMFILE, raise the system's limit on watched files.`,
    )
  }
}

interface Listing {
  /** From path to size and time of change. */
  readonly files: Map<string, string>
  /** From path and inode to path: a folder that was removed and made again has to be watched again. */
  readonly folders: Map<string, string>
}

async function listFiles({ root, paths, ignored }: WatchedFiles): Promise<Listing> {
  const listing: Listing = { files: new Map(), folders: new Map() }
  const visit = async (path: string): Promise<void> => {
    const found = await stat(join(root, path)).catch(() => null)
    if (found === null) return
    if (!found.isDirectory()) {
      listing.files.set(path, `${found.size} ${found.mtimeMs}`)
      return
    }
    listing.folders.set(`${path} ${found.ino}`, path)
    const names = await readdir(join(root, path)).catch(() => [])
    await Promise.all(names.filter((name) => !ignored.has(name)).map((name) => visit(`${path}/${name}`)))
  }
  // A file at the root is watched by way of its folder.
  const rootFolder = stat(root).then(({ ino }) => listing.folders.set(` ${ino}`, ''))
  await Promise.all([rootFolder, ...paths.map(visit)])
  return listing
}
