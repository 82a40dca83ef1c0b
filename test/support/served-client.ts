import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Boardcache, BoardcacheOptions } from '../../worker/client/types.ts'

/** The part of the module that tests use. */
export interface ServedClient {
  createBoardcache(options: BoardcacheOptions): Boardcache
}

/** Stores a module of a Worker's browser client with everything that it imports, since Node loads no modules over HTTP. */
export async function storeClient(
  worker: string,
  folder: string,
  stored: Set<string>,
  name = 'boardcache.js',
): Promise<void> {
  if (stored.has(name)) return
  stored.add(name)
  const text = await (await fetch(`${worker}/client/${name}`)).text()
  await writeFile(
    join(folder, name.replace(/\.js$/, '.mjs')),
    text.replaceAll(/(boardcache[\w-]*)\.js/g, '$1.mjs'),
  )
  for (const [, imported = ''] of text.matchAll(/["'`]\.\/(boardcache[\w-]*\.js)["'`]/g))
    await storeClient(worker, folder, stored, imported)
}

/** The client as a Worker serves it. */
export async function servedClient(worker: string, folder: string): Promise<ServedClient> {
  await storeClient(worker, folder, new Set())
  return import(/* @vite-ignore */ pathToFileURL(join(folder, 'boardcache.mjs')).href)
}
