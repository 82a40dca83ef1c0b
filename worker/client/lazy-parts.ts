/**
 * The parts that are loaded after the first view, each a chunk of its own where a bundler splits them: the connection to the hub, the
 * disk, and writes. Tests and the simulation give them at once.
 */
export interface LazyParts {
  live(): Promise<Pick<typeof import('./live/live-link.ts'), 'openLive'>>
  disk(): Promise<Pick<typeof import('./disk.ts'), 'openDisk' | 'removeUser'>>
  writes(): Promise<Pick<typeof import('./contact-writer.ts'), 'createContactWriter'>>
}

export const lazyParts: LazyParts = {
  live: () => import('./live/live-link.ts'),
  disk: () => import('./disk.ts'),
  writes: () => import('./contact-writer.ts'),
}
