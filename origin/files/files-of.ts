import type { Clock } from '../../shared/clock.ts'
import type { FileLinks } from './file-links.ts'
import { createFileLinks } from './file-links.ts'
import type { FileSettings } from './file-settings.ts'
import type { FileStore } from './file-store.ts'
import { createFolderFiles } from './folder-files.ts'
import { createSupabaseFiles } from './supabase-files.ts'

interface FilesOptions {
  readonly files: FileSettings | null
  readonly internalAuthKey: string
  readonly supabaseUrl: string
  readonly secretKey: string | null
  readonly clock: Clock
}

/** The files of a deployment. */
export interface Files {
  /** Null if none are kept. */
  readonly store: FileStore | null
  /** Those that the origin serves itself; null if they are kept elsewhere. */
  readonly served: { readonly store: FileStore; readonly links: FileLinks } | null
}

export function filesOf({ files, internalAuthKey, supabaseUrl, secretKey, clock }: FilesOptions): Files {
  if (files?.kind === 'folder') {
    const links = createFileLinks(internalAuthKey)
    const store = createFolderFiles({ ...files, links })
    return { store, served: { store, links } }
  }
  if (files === null || secretKey === null) return { store: null, served: null }
  return { store: createSupabaseFiles({ ...files, supabaseUrl, secretKey, clock }), served: null }
}
