/**
 * The parts that are loaded after the first view, each a chunk of its own where a bundler splits them: the connection to the hub, the
 * disk, writes, and explanations. Tests and the simulation give them at once.
 */
export interface LazyParts {
  live(): Promise<Pick<typeof import('./live/live-side.ts'), 'startLive'>>
  disk(): Promise<Pick<typeof import('./disk.ts'), 'openDisk' | 'removeUser'>>
  inspection(): Promise<Pick<typeof import('./inspection.ts'), 'consoleTools' | 'explainEntry'>>
  writes(): Promise<Pick<typeof import('./contact-writer.ts'), 'createContactWriter'>>
}

export const lazyParts: LazyParts = {
  live: () => import('./live/live-side.ts'),
  disk: () => import('./disk.ts'),
  inspection: () => import('./inspection.ts'),
  writes: () => import('./contact-writer.ts'),
}
