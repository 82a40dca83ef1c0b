import type { Shelf, Shelves } from '../../../worker/client/platform.ts'

/** The entries that a browser keeps when its tab is closed. It answers at once: its faults are tested where its adapter is. */
export function createShelves(): Shelves {
  return { bodies: createShelf(), facts: createShelf() }
}

function createShelf(): Shelf {
  const texts = new Map<string, string>()
  return {
    get: async (key) => texts.get(key),
    async set(key, value) {
      texts.set(key, value)
    },
    async remove(keys) {
      for (const key of keys) texts.delete(key)
    },
    entries: async () => [...texts],
  }
}
