import { createStore, delMany, entries, get, set, type UseStore } from 'idb-keyval'
import type { Shelf, Shelves } from './platform.ts'

function shelfOf(name: string): Shelf {
  let store: UseStore | null = null
  const opened = () => {
    store ??= createStore(name, 'entries')
    return store
  }
  return {
    get: (key) => get(key, opened()),
    set: (key, value) => set(key, value, opened()),
    remove: (keys) => delMany([...keys], opened()),
    entries: () => entries(opened()),
  }
}

/** IndexedDB, in two databases. They are opened with the first call, which rejects where the browser keeps nothing. */
export const browserShelves: Shelves = {
  bodies: shelfOf('boardcache-bodies'),
  facts: shelfOf('boardcache-facts'),
}
