import { z } from 'zod'
import { serviceUrl } from '../../shared/contract/service-url.ts'

/** Where this deployment keeps the files of imports and exports. */
export type FileSettings =
  /** In a folder that all origins share. `url` is where those who follow a link reach an origin. */
  | { readonly kind: 'folder'; readonly folder: string; readonly url: string }
  /** In a private bucket of the Supabase project. */
  | { readonly kind: 'bucket'; readonly bucket: string }

/** The variables of these settings. */
export const fileVariables = {
  FILES_FOLDER: z.string().optional(),
  FILES_URL: serviceUrl('an origin, as those who download a file reach it').optional(),
  FILES_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{2,62}$/, 'must be the name of a bucket: 3 to 63 of a-z, 0-9 and "-"')
    .default('boardcache-files'),
} as const

type Variables = z.output<z.ZodObject<typeof fileVariables>>

/** Null: no files are kept. An error has its sentence. */
export function fileSettingsOf(
  { FILES_FOLDER: folder, FILES_URL: url, FILES_BUCKET: bucket }: Variables,
  hasSecretKey: boolean,
): FileSettings | null | { readonly kind: 'error'; readonly sentence: string } {
  if ((folder === undefined) !== (url === undefined)) {
    return { kind: 'error', sentence: 'FILES_FOLDER and FILES_URL must be set together, or neither.' }
  }
  if (folder !== undefined && url !== undefined) return { kind: 'folder', folder, url }
  return hasSecretKey ? { kind: 'bucket', bucket } : null
}
